// The editor of YAML: <yaml-editor schema="ADDRESS"> around a textarea, which stays what is sent.
// Without scripts, or where they fail, the textarea itself is the editor. It stands in a shadow
// root, where styles are adopted and none is written into the page, which its policy forbids.
import * as cm from "/static/codemirror-6.min.js";

const KEY = /^(\s*(?:- +)*)("[^"]*"|'[^']*'|[\w./+-]+):(?:\s|$)/;
const plain = (name) => name.replace(/^["']|["']$/g, "");

// The keys above a line, from the outermost, by how far each is indented.
function pathAbove(doc, number, indent) {
  const path = [];
  for (let at = number - 1; at > 0 && indent > 0; at--) {
    const found = KEY.exec(doc.line(at).text);
    if (!found) continue;
    const [, before, name] = found;
    // A key behind a dash lies as deep as it is written; what holds the list lies at the dash or above.
    if (before.length < indent) {
      path.unshift(plain(name));
      indent = before.includes("-") ? before.indexOf("-") + 1 : before.length;
    }
  }
  return path;
}

// What may stand at a place: every way in which a schema can be met, lists as what is in them.
function ways(schema, root) {
  if (!schema || typeof schema !== "object") return [];
  if (schema.$ref) return ways(schema.$ref.split("/").slice(1).reduce((part, name) => part?.[name], root), root);
  const inner = [...(schema.anyOf || []), ...(schema.oneOf || []), ...(schema.allOf || [])];
  const items = schema.items ? [schema.items] : [];
  return [schema, ...[...inner, ...items].flatMap((one) => ways(one, root))];
}
const inside = (schemas, name, root) => schemas.flatMap((one) =>
  ways(one.properties?.[name] || (typeof one.additionalProperties === "object" && one.additionalProperties), root));
const keysOf = (schemas) => [...new Set(schemas.flatMap((one) => Object.keys(one.properties || {})))];
const valuesOf = (schemas) => [...new Set(schemas.flatMap((one) =>
  one.enum || ("const" in one ? [one.const] : one.type === "boolean" ? [true, false] : [])))].filter((one) => one !== null);

// What can be written where the cursor is. Exported so that it can be tried by itself.
export function proposals(doc, position, schema) {
  const line = doc.lineAt(position), before = line.text.slice(0, position - line.from);
  const walk = (path) => path.reduce((at, name) => inside(at, name, schema), ways(schema, schema));
  const keys = (path, typed, ending) => ({from: position - typed.length,
    options: keysOf(walk(path)).map((label) => ({label, apply: label + ending, type: "property"}))});
  const values = (path, typed) => ({from: position - typed.length,
    options: valuesOf(walk(path)).map((one) => ({label: String(one), type: "enum"}))});
  const outer = KEY.exec(line.text);
  const above = outer ? [...pathAbove(doc, line.number, outer[1].length), plain(outer[2])] : [];
  const braces = /:\s+\{([^{}]*)$/.exec(before);
  if (outer && braces) {
    const last = braces[1].split(",").pop(), pair = /^\s*([\w./-]+):\s*([\w./-]*)$/.exec(last);
    return pair ? values([...above, pair[1]], pair[2]) : keys(above, /[\w./-]*$/.exec(last)[0], ": ");
  }
  const value = /:\s+\[?(?:[\w./-]+,\s*)*([\w./-]*)$/.exec(before);
  if (outer && value) return values(above, value[1]);
  const start = /^(\s*(?:- +)*)([\w./-]*)$/.exec(before);
  return start ? keys(pathAbove(doc, line.number, start[1].length), start[2], ": ") : null;
}

const look = cm.EditorView.theme({
  "&": {border: "1px solid var(--soft)", borderRadius: ".35rem", background: "var(--paper)", color: "var(--ink)", fontSize: ".9rem"},
  "&.cm-focused": {outline: "3px solid var(--brand)", outlineOffset: "2px"},
  ".cm-scroller": {fontFamily: "ui-monospace, monospace", minHeight: "20rem", maxHeight: "70vh", lineHeight: "1.5"},
  ".cm-gutters": {background: "var(--ground)", color: "var(--soft)", border: "0"},
  ".cm-content": {caretColor: "var(--ink)"},
  ".cm-cursor": {borderLeftColor: "var(--ink)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {background: "color-mix(in srgb, var(--brand) 30%, transparent)"},
  ".cm-tooltip": {background: "var(--paper)", color: "var(--ink)", border: "1px solid var(--soft)"},
  ".cm-tooltip-autocomplete ul li[aria-selected]": {background: "var(--brand)", color: "var(--paper)"},
});
const colours = cm.HighlightStyle.define([
  {tag: [cm.tags.propertyName, cm.tags.definition(cm.tags.propertyName)], color: "var(--brand)"},
  {tag: cm.tags.comment, color: "var(--soft)"},
  {tag: [cm.tags.string, cm.tags.content], color: "var(--ink)"},
]);

class YamlEditor extends HTMLElement {
  async connectedCallback() {
    const text = this.querySelector("textarea");
    if (!text || this.shadowRoot) return;
    const root = this.attachShadow({mode: "open"});
    const label = this.closest("form")?.querySelector(`label[for="${text.id}"]`)?.textContent || "Text";
    this.view = new cm.EditorView({root, parent: root, state: cm.EditorState.create({doc: text.value, extensions: [
      cm.lineNumbers(), cm.history(), cm.drawSelection(), cm.yaml(), cm.indentUnit.of("  "), look,
      cm.syntaxHighlighting(colours),
      cm.autocompletion({icons: false, override: [(context) => this.propose(context)]}),
      // Tab goes on to the next control, as everywhere.
      cm.keymap.of([...cm.completionKeymap, ...cm.defaultKeymap, ...cm.historyKeymap]),
      cm.EditorView.contentAttributes.of({"aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off"}),
      cm.EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        text.value = update.state.doc.toString();
        text.dispatchEvent(new Event("input", {bubbles: true}));
      }),
    ]})});
    const address = this.getAttribute("schema");
    if (address) this.schema = await fetch(address).then((answer) => answer.ok ? answer.json() : null, () => null);
  }
  disconnectedCallback() { this.view?.destroy(); }
  propose(context) {
    if (!this.schema || !(context.explicit || context.matchBefore(/[\w.{:] ?/))) return null;
    const found = proposals(context.state.doc, context.pos, this.schema);
    return found && found.options.length ? {...found, validFor: /^[\w./-]*$/} : null;
  }
  goTo(number) {
    const {doc} = this.view.state, line = doc.line(Math.min(Math.max(number, 1), doc.lines));
    this.view.dispatch({selection: {anchor: line.from, head: line.to}, scrollIntoView: true});
    this.view.focus();
  }
}
customElements.define("yaml-editor", YamlEditor);

// From what is wrong to its line.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-line]"), editor = document.querySelector("yaml-editor");
  if (!link || !editor?.view) return;
  event.preventDefault();
  editor.goTo(Number(link.dataset.line));
});
