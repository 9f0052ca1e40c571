"""What columns are called in more of the languages of business, as people write it, in small
letters: Arabic, Chinese, Czech, Danish, Finnish, Greek, Hebrew, Hindi, Hungarian, Indonesian,
Japanese, Korean, Norwegian, Polish, Romanian, Russian, Swedish, Thai, Turkish, Ukrainian and
Vietnamese."""

from leadflow.leads.files.slugs import slug

# Without their accents these are other words.
ACCENTED = frozenset(("tên", "họ"))
LATIN_ENDS, VIETNAMESE = 0x24F, range(0x1E00, 0x1F00)


def written(name: str) -> str:
    """A column's name as headings are compared: in small letters, with single spaces."""
    return " ".join(name.casefold().split())


def _headings(text: str) -> tuple[str, ...]:
    """Each as it is written, and the slugs of those in Latin letters."""
    words = [written(word) for word in text.split(",")]
    latin = [word for word in words if word not in ACCENTED and all(map(_is_latin, word))]
    return (*words, *map(slug, latin))


def _is_latin(character: str) -> bool:
    return ord(character) <= LATIN_ENDS or ord(character) in VIETNAMESE


HEADINGS: dict[str, tuple[str, ...]] = {
    "email": _headings(
        "eposta, e-posta, e-posta adresi, e-post, epost, e-postadress, sähköposti, "
        "sähköpostiosoite, adres e-mail, adres email, emailová adresa, e-mail cím, "
        "adresa de email, почта, эл. почта, электронная почта, e-mail адрес, "
        "електронна пошта, пошта, email адреса, ηλεκτρονικό ταχυδρομείο, διεύθυνση email, "
        "البريد الإلكتروني, البريد, الإيميل, דוא״ל, אימייל, 邮箱, 电子邮件, 电子邮箱, 郵箱, "
        "電子郵件, メール, メールアドレス, eメール, 이메일, 이메일 주소, 메일, ईमेल, อีเมล, "
        "surel, thư điện tử"
    ),
    "first_name": _headings(
        "ad, isim, adı, förnamn, fornavn, etunimi, imię, imie, jméno, křestní jméno, "
        "keresztnév, utónév, prenume, nama depan, имя, ім'я, ім’я, όνομα, الاسم الأول, "
        "الاسم, שם פרטי, 名, 名字, 이름, पहला नाम, ชื่อ, tên"
    ),
    "last_name": _headings(
        "soyad, soyadı, soyisim, ad soyad, adı soyadı, ad ve soyad, isim soyisim, efternamn, "
        "etternavn, efternavn, sukunimi, nazwisko, imię i nazwisko, příjmení, "
        "jméno a příjmení, vezetéknév, családnév, teljes név, név, nume, nume de familie, "
        "nume complet, fullt navn, fulde navn, fullständigt namn, namn, navn, nimi, "
        "koko nimi, nama, nama lengkap, nama belakang, họ, họ tên, họ và tên, фамилия, фио, "
        "полное имя, прізвище, піб, επώνυμο, ονοματεπώνυμο, اسم العائلة, الاسم الكامل, "
        "اللقب, שם משפחה, שם מלא, שם, 姓, 姓名, 姓氏, 全名, 氏名, お名前, 名前, 苗字, 성, "
        "성명, 성함, उपनाम, नाम, पूरा नाम, นามสกุล, ชื่อ-นามสกุล"
    ),
    "phone": _headings(
        "telefon numarası, cep telefonu, gsm, numer telefonu, telefonní číslo, telefonszám, "
        "număr de telefon, telefonnummer, puhelin, puhelinnumero, mobilnummer, "
        "nomor telepon, telepon, số điện thoại, điện thoại, телефон, номер телефона, "
        "мобильный, номер телефону, τηλέφωνο, κινητό, الهاتف, رقم الهاتف, الجوال, טלפון, "
        "נייד, 电话, 手机, 手机号, 電話, 電話番号, 携帯電話, 전화번호, 전화, 휴대폰, फ़ोन, "
        "मोबाइल, โทรศัพท์, เบอร์โทร"
    ),
    "company_name": _headings(
        "şirket, şirket adı, firma adı, företag, firmanavn, selskap, virksomhed, yritys, "
        "nazwa firmy, společnost, název firmy, cég, cégnév, companie, nume firmă, "
        "perusahaan, nama perusahaan, công ty, tên công ty, компания, фирма, организация, "
        "компанія, фірма, εταιρεία, εταιρία, επωνυμία, الشركة, اسم الشركة, חברה, שם החברה, "
        "公司, 公司名称, 企业, 会社, 会社名, 企業名, 회사, 회사명, कंपनी, บริษัท"
    ),
    "location": _headings(
        "şehir, ilçe, miasto, město, város, oraș, localitate, poststed, kaupunki, "
        "paikkakunta, kota, thành phố, город, місто, πόλη, المدينة, עיר, 城市, 都市, "
        "市区町村, 도시, शहर, เมือง, จังหวัด"
    ),
    "country": _headings(
        "ülke, kraj, země, stát, ország, țară, maa, negara, quốc gia, страна, країна, χώρα, "
        "الدولة, البلد, מדינה, ארץ, 国家, 國家, 国, 国名, 국가, 나라, देश, ประเทศ"
    ),
    "budget": _headings(
        "bütçe, budżet, rozpočet, költségvetés, buget, budjetti, anggaran, ngân sách, "
        "бюджет, προϋπολογισμός, الميزانية, תקציב, 预算, 預算, 予算, 예산, बजट, งบประมาณ"
    ),
    "created_at": _headings(
        "oluşturulma tarihi, kayıt tarihi, oluşturma tarihi, data utworzenia, utworzono, "
        "datum vytvoření, vytvořeno, létrehozva, létrehozás dátuma, data creării, creat la, "
        "skapad, skapad den, opprettet, oprettet, luotu, luontipäivä, tanggal dibuat, "
        "ngày tạo, дата создания, создано, дата створення, створено, ημερομηνία δημιουργίας, "
        "تاريخ الإنشاء, תאריך יצירה, 创建时间, 创建日期, 建立日期, 作成日, 作成日時, 登録日, "
        "생성일, 등록일, बनाने की तारीख, วันที่สร้าง"
    ),
    "closed_at": _headings(
        "kapanış tarihi, kapanma tarihi, kapatılma tarihi, kazanılma tarihi, data zamknięcia, "
        "zamknięto, data wygranej, datum uzavření, uzavřeno, uzavřeno dne, datum ukončení, "
        "lezárás dátuma, lezárva, lezárás ideje, data închiderii, închis la, data finalizării, "
        "stängd, stängd den, avslutad, avslutad den, avslutsdatum, stängningsdatum, lukket, "
        "lukket den, lukkedato, avsluttet, avslutningsdato, afsluttet, afsluttet den, "
        "afslutningsdato, vunnet dato, vundet den, suljettu, sulkemispäivä, päättymispäivä, "
        "tanggal ditutup, tanggal penutupan, ditutup pada, ngày đóng, ngày chốt, ngày kết thúc, "
        "дата закрытия, закрыто, закрыта, дата завершения, завершено, дата закриття, закрито, "
        "дата завершення, ημερομηνία κλεισίματος, έκλεισε, ημερομηνία ολοκλήρωσης, "
        "تاريخ الإغلاق, تاريخ الإقفال, أغلق في, תאריך סגירה, נסגר, נסגר בתאריך, 关闭日期, "
        "关闭时间, 成交日期, 成交时间, 结束日期, 结案日期, 關閉日期, 成交日, 完了日, 成約日, "
        "受注日, クローズ日, 終了日, 마감일, 종료일, 완료일, 성사일, समापन तिथि, "
        "बंद होने की तारीख, วันที่ปิด, วันที่ปิดการขาย"
    ),
    "key": _headings(
        "müşteri no, müşteri numarası, müşteri kodu, müşteri id, numer klienta, nr klienta, "
        "id klienta, kod klienta, číslo zákazníka, id zákazníka, kód zákazníka, ügyfélszám, "
        "vevőszám, ügyfél azonosító, ügyfélazonosító, vevőkód, nr client, număr client, "
        "cod client, kundnummer, kundnr, kund-id, kundenummer, kundenr, kunde-id, "
        "asiakasnumero, asiakasnro, asiakastunnus, nomor pelanggan, no pelanggan, "
        "id pelanggan, kode pelanggan, mã khách hàng, mã kh, номер клиента, код клиента, "
        "id клиента, идентификатор, номер клієнта, код клієнта, id клієнта, ідентифікатор, "
        "αριθμός πελάτη, κωδικός πελάτη, رقم العميل, معرف العميل, מספר לקוח, מזהה לקוח, "
        "客户编号, 客户号, 客户id, 线索编号, 客戶編號, 顧客番号, 顧客id, 顧客コード, 会員番号, "
        "お客様番号, 고객번호, 고객 번호, 고객id, 고객코드, 회원번호, ग्राहक संख्या, "
        "ग्राहक आईडी, รหัสลูกค้า, เลขที่ลูกค้า, หมายเลขลูกค้า"
    ),
}
