#!/usr/bin/env bash
# Bundles the text editor of the console (CodeMirror 6, MIT) into one file that stands in the
# repository, with the licences of all that is in it. Run it to take newer versions, which are
# written here; node and npm are needed for that alone.
set -euo pipefail
into="$(cd "$(dirname "$0")/.." && pwd)/src/leadflow/gateway/console/static"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund \
    @codemirror/state@6.7.6 @codemirror/view@6.43.15 @codemirror/commands@6.11.1 \
    @codemirror/language@6.13.1 @codemirror/autocomplete@6.20.4 @codemirror/lang-yaml@6.1.3 \
    @lezer/highlight@1.2.5 esbuild@0.28.2
cat >entry.js <<'END'
export {EditorState} from "@codemirror/state";
export {EditorView, keymap, lineNumbers, drawSelection} from "@codemirror/view";
export {defaultKeymap, history, historyKeymap} from "@codemirror/commands";
export {HighlightStyle, syntaxHighlighting, indentUnit} from "@codemirror/language";
export {autocompletion, completionKeymap} from "@codemirror/autocomplete";
export {yaml} from "@codemirror/lang-yaml";
export {tags} from "@lezer/highlight";
END
node_modules/.bin/esbuild entry.js --bundle --minify --format=esm --target=es2020 \
    --legal-comments=none --log-level=warning --outfile="$into/codemirror-6.min.js"
for licence in node_modules/*/LICENSE node_modules/@*/*/LICENSE; do
    name="${licence#node_modules/}"
    case "$name" in *esbuild*) continue ;; esac
    printf '%s\n\n' "${name%/LICENSE}"
    cat "$licence"
    printf '\n----\n\n'
done >"$into/codemirror-LICENSE"
ls -l "$into"/codemirror-*
