"""First and last names that many people have, by language; names of cities and of things are not
among them. In small letters without accents where they are Latin."""

_LATIN = (
    "james john robert michael william david richard joseph thomas charles daniel matthew "
    "anthony mark steven andrew paul joshua kenneth kevin brian timothy edward jeffrey "
    "ryan jacob nicholas eric jonathan stephen scott benjamin samuel gregory patrick "
    "alexander peter mary patricia jennifer linda elizabeth barbara susan jessica karen "
    "sarah lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol "
    "amanda melissa deborah stephanie rebecca laura helen amy anna ann anne emma olivia "
    "sophie julia maria marie hans klaus wolfgang jurgen juergen dieter stefan andreas "
    "christian martin frank uwe sabine petra monika claudia susanne birgit andrea katrin "
    "anja heike jean pierre michel philippe alain nicolas laurent francois "
    "isabelle nathalie sylvie catherine valerie camille jose juan antonio "
    "manuel francisco carlos luis javier miguel pablo carmen ana lucia joao "
    "pedro paulo jan piet willem anneke giuseppe giovanni marco luca francesca giulia "
    "chiara mohammed muhammad ahmed ali fatima priya rahul amit wei olga ivan sergey "
    "dmitry bob joe tom jim mike dave steve chris alice jane kate "
    "ayse mehmet mustafa emine hatice zeynep elif huseyin hasan ibrahim murat merve burak emre "
    "fatma yilmaz kaya demir sahin celik yildiz yildirim ozturk aydin ozdemir arslan dogan kilic "
    "piotr krzysztof andrzej tomasz pawel agnieszka katarzyna malgorzata joanna ewa barbara marek "
    "nowak kowalski kowalska wisniewski wisniewska wojcik kaminski kaminska lewandowski zielinski "
    "jiri josef pavel petr tomas jana eva hana lenka katerina novak svoboda novotny dvorak cerny "
    "laszlo istvan jozsef zoltan ferenc katalin ilona zsuzsanna nagy kovacs toth szabo horvath "
    "andrei ion mihai elena ioana cristina popescu ionescu popa dumitru "
    "lars erik karl johan anders per nils bjorn karin ingrid kristina astrid sven mikael hanna "
    "johansson andersson karlsson nilsson eriksson hansen johansen olsen larsen nielsen jensen "
    "pedersen andersen matti juha timo pekka jari marja anne tuula liisa korhonen virtanen "
    "budi agus siti dewi sri wahyu rina putri nguyen tran pham hoang huynh phan dang "
    "smith jones johnson williams brown davis miller wilson taylor anderson muller mueller schmidt "
    "schneider fischer meyer weber schulz wagner becker hoffmann dupont dubois durand moreau "
    "garcia rodriguez martinez hernandez lopez gonzalez perez sanchez fernandez silva santos "
    "oliveira souza pereira ferreira rossi ferrari esposito bianchi romano jansen devries bakker "
    "kumar sharma singh patel gupta khan takahashi suzuki sato tanaka watanabe"
)
_OTHERS = (
    "иван сергей александр алексей дмитрий андрей владимир михаил николай павел ольга елена "
    "наталья татьяна анна мария ирина екатерина светлана юлия иванов иванова петров петрова "
    "сидоров смирнов смирнова кузнецов попов волков соколов оксана олена олександр ірина шевченко "
    "γιώργος γεώργιος νίκος νικόλαος δημήτρης κώστας ιωάννης γιάννης μαρία ελένη κατερίνα "
    "βασιλική σοφία αναστασία παπαδόπουλος παπαδοπούλου γεωργίου "
    "محمد أحمد احمد علي حسن حسين محمود عمر خالد يوسف إبراهيم عبدالله فاطمة عائشة مريم زينب سارة "
    "נועה משה דוד יוסף יעקב שרה רחל לאה מרים כהן לוי מזרחי "
    "राहुल अमित प्रिया अनिल सुनीता कुमार शर्मा सिंह สมชาย สมหญิง "
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 "
    "太郎 花子 健 翔 翔太 大輔 健太 陽菜 美咲 愛 さくら 葵 結衣 蓮 拓也 直樹 誠 "
    "민수 민준 서준 지훈 서연 지우 하은 민지 지민 수진 은지 영희 철수 현우 준호"
)
NAMES = frozenset((*_LATIN.split(), *_OTHERS.split()))
# Chinese and Korean last names are one sign, which whole names begin with; Japanese are longer.
CHINESE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾張劉陳楊趙吳孫馬羅鄭謝許馮鄧"
)
KOREAN = frozenset("김이박최정강조윤장임한오서신권황안송류홍")
_JAPANESE = (
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 "
    "斎藤 清水 山崎 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 "
    "村上 遠藤 青木 坂本 斉藤 福田 太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 "
    "竹内 小野 田村 中山 和田 石田 森田 上田 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本 大野"
)
JAPANESE = tuple(_JAPANESE.split())
