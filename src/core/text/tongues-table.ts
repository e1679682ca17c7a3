import { type Tongue, words } from './words.js'

/**
 * Languages that the other tables know little of, each with what is said in it: in its own script, and as it is typed in Latin letters
 * where many do (Hinglish, Arabizi, romaji). A word that only negates stands with what is negated, as everywhere.
 */

const HI: Tongue = {
  trouble: [
    words(
      'नही(ं)? (\\w+ ){0,2}(रहा|रही|रहे|पा|आया|आयी|आई|आए|खुला|चला|मिला|मिली|हुआ|हुई|गया|गई|पहुंचा|पहुँचा|खुलता|चलता|खुल|चल)',
      '\\w{1,12} (ही )?नही(ं)? (रहा|रही|रहे|पा|हो)',
      '(सर्वर|ऐप|एप|साइट|नेट|नेटवर्क|सब|इंटरनेट) (\\w+ )?(डाउन|बंद|ठप|गायब|खराब|स्लो)',
      '(बार|बार बार|बार-बार) (\\w+ ){0,3}(बंद|लॉगआउट|एरर|क्रैश|कट|फेल)',
    ),
    'अटक|फंस (?:गया|गई)|गायब|ठप|क्रैश|हैंग|एरर|फेल (?:हो|दिखा)|बहुत (?:स्लो|धीम|धीर)|धीमा|पैसे? कट|(?:काली|सफेद|ब्लैंक|खाली) (?:स्क्रीन|पेज|हो)|स्क्रीन (?:काली|सफेद|ब्लैंक)|लॉगआउट|(?:दिक्कत|परेशानी|समस्या) (?:आ|हो) रह|बंद (?:पड़|हो जा)|किसी और को|सिर्फ मेर|क्या हु(?:आ|वा) ',
    words(
      '(nahi|nahin|nhi|nai|nahee|ni) (\\w+ ){0,2}(raha|rha|rahi|rhi|rahe|rhe|paa|pa|paya|payi|aaya|aya|aayi|aata|ata|khula|khulta|chala|chalta|chalra|hua|hui|mila|mili|gaya|gya|horha|hora)',
      '(kaam|chal|khul|load|open|login|connect|send|play|aa|ja|ho|update|download|chalu) (hi |bhi )?(nahi|nhi|nahin|nai)',
      '(server|servers|app|site|net|network|sab|internet|sabka|mera|wifi) (\\w+ ){0,2}(down|band|thapp?|gayab|hang|slow|gaya)',
      'band (pada|pda|hai|h|ho|pad|hogaya)|thapp?',
      '(bahut|bohot|bht|itna|kitna|bahot) (\\w+ )?(slow|hang|lag|dheere|late)',
      'pais[ae] (\\w+ )?(kat|kaat|cut)\\w*|kat (gaye|gya|gaya)',
      'atak\\w*|atka|phas|phans|gayab',
      '(crash|hang|logout|fail|error|disconnect|lag) (ho|aa|de|dikha|kar|maar|mar)\\w*',
      'kya (hua|ho gaya|dikkat|problem)( \\w+)? (ko|ka|me|mein|hai)|kya hua \\w+ ko',
      '(kisi|kya) (aur|sirf) (ko|ka|mera|mere|bhi)|sirf (mera|mere|mujhe)|(sabka|kisi ka) (bhi )?',
      '(dikkat|problem|issue) (aa|ho) (rahi|rha|raha|rhi)',
    ),
  ],
  fine: [
    words(
      '(mast|badhiya|theek|thik|sahi|normal|ekdum|makkhan) (chal|hai|kaam)\\w*|(mera|mere|idhar|yahan) (\\w+ )?(to )?(chal|theek|thik|sahi|mast)\\w*',
    ),
    'ठीक (?:चल|है|काम)|सही चल|मेर[ाे] (?:यहाँ |यहां )?(?:तो )?चल रह',
  ],
  recovery: [
    words(
      '(theek|thik|sahi|chalu|normal|shuru) ho (gaya|gya|gayi|gai)|chal (gaya|gya|pada|pda)|(wapas|vapas) (aa|chal|a)\\w*( \\w+)?|aa (gaya|gya) wapas|ab (chal|theek|sahi) (raha|rha|hai)',
    ),
    '(?:ठीक|चालू|सही|बहाल|शुरू) (?:हो|कर) (?:गया|गई|गयी|दिया|दी)|चल (?:गया|पड़ा)|अब (?:चल|ठीक)|वापस (?:आ|चल)',
  ],
  notYet: [
    'अभी (?:भी|तक)|कब|फिर (?:से )?(?:बंद|डाउन)|लेकिन',
    words('abhi (bhi|tak)|kab|phir (se )?(band|down)|lekin|par'),
  ],
  jest: [
    words(
      '(pata chala|padhai|gharwal\\w+|mummy papa|rishtedaar) (\\w+ ?){0,4}(ghar|papa|family|shuru|bhi|karni|hain?)?',
    ),
    'पता चला.{0,40}(?:घर|परिवार|पापा|मम्मी)|पढ़ाई शुरू',
  ],
  hearsay: [
    '(?:सुना|शायद|लगता|कहते|बोल रहे).{0,40}(?:तार|केबल|हैक|काट|हमला|आग|साइबर)|साइबर (?:अटैक|हमल)',
    words('(suna|lagta|shayad|kehte|bol rahe) (\\w+ ){0,6}(hack|attack|cable|taar|kaat|aag|uda)\\w*'),
  ],
  news: [
    '(?:हजारों|हज़ारों|लाखों|करोड़ों) (?:यूजर|यूज़र|लोग|ग्राहक|उपभोक्ता)|कंपनी ने|रिपोर्ट (?:जारी|के)|के अनुसार|पिछले (?:महीने|साल|हफ्ते)|ब्रेकिंग',
    words('(hazaron|lakhon|hajaro) (users|log)|company ne (kaha|bataya|mana)|ke mutabik'),
  ],
  sale: [
    words('(ghar baithe|online) (\\w+ )?(paise?|kamai|kama\\w*)|dm kar(o|e|iye|do)|followers badha\\w*'),
    'घर बैठे|(?:पैसे|रुपये) कमा|फॉलोअर्स बढ़ा',
  ],
  elsewhen: [
    'अगर .{0,30}(?:बंद|डाउन)|याद है जब|पिछले (?:साल|महीने|हफ्ते)(?! से)',
    words(
      'agar (\\w+ ){0,4}(band|down)( \\w+)?|yaad hai jab|pichh?le (saal|mahine|hafte)|jab bhi (\\w+ ){0,2}(band|down)',
    ),
  ],
  harmless: [
    'कोई (?:दिक्कत|समस्या|परेशानी) नहीं',
    words('koi (problem|dikkat|issue|error|lag) (nahi|nhi)'),
    'नहीं (?:पता|लगता|चाहिए)',
  ],
  first: ['मेरा|मेरे|मेरी|मुझे|मैं |हम ', words('mera|mere|meri|mujhe|main|hum|mai')],
}

const AR_NOT = '(?:ما|مو|مش|مب|لا|لم|لن|ماعاد|موب|مهو|مابي|مب)'
const AR_DO =
  '(?:فتح|شتغل|شغال|عمل|حمل|دخل|رسل|وصل|تصل|سجل|ظهر|شغل|قدر|بعت|تبعت|رد|جاوب|ستجيب|ستطيع|تستطيع|مكن|زبط|ضبط|نزل|طلع|حدث|تحدث|قبل|كمل|تحرك|لود|تحمل|نرسل|نبعت|كونكت|شبك|لقط|جمع|صور|وصلن)'
const AR: Tongue = {
  trouble: [
    `(?<!\\p{L})${AR_NOT}(?: عاد)? ?(?:قاعد |عم )?(?:ب|ح)?[يتناأ]{0,2}${AR_DO}|(?<!\\p{L})م(?:ا)?ب?[يتن]\\p{L}{2,7}ش(?!\\p{L})`,
    '(?:مش|مو|ماني|مني|لست|غير) (?:عارف|قادر|قادره|قادرة)|ما (?:أ|ا)?قدر|ما (?:أ|ا)عرف (?:أ|ا)دخل|لا (?:أ|ا)ستطيع|تعذ?ر',
    'معل[قّ]|مهن[جق]|(?:يعل|بيعل|تعل|عل)ق(?!\\p{L})(?! على)|واقع (?:عند|معا|الي)|واقف(?!ين)|طايح|طاح(?:ت)? (?!الحطب)|طافي|مقطوع|قاطع|انقطع|خربان|عطلان|معطل|متعطل|عطل(?![ةه]ا?)|بطي[ءئ]|بطئ|ثقيل مره|تقيل (?:أوي|قوي|جدا)',
    'مشكل[ةه] (?:في|ب|مع|عند)|مشاكل (?:في|ب|مع)|نفس المشكل|خطأ|خطا (?:في|كل)|ايرور|إيرور|كراش|(?:شاشة|الشاشة|صفحة|الصفحة) ?(?:سود|بيض|فاضي|زرق)|مرفوض|(?:ي|ت)رفض|فشل|(?:ي|بي|ب)?(?:طلع|خرج|طرد)ني|لوحد[هو]|لحال[هو]',
    '(?:انسحب|اتسحب|انخصم|اتخصم)|خصم(?:وا|ت)? .{0,12}(?:مبلغ|فلوس|رصيد)|اختف[ىت]|راح(?:ت)? (?:كل )?(?:رسائل|محادثات|صور)|(?:بدون|من غير) (?:نت|انترنت|شبكة)|ماف[يى]ش? ?(?:نت|شبكة|خدمة|اشارة|إشارة|صوت)|لا (?:يوجد|توجد) (?:شبكة|خدمة|اتصال|إنترنت|انترنت)',
    '(?:ي|بي|ت|بت)(?:قفل|فصل|قطع|قطّع|هنج|كرش|علق|لق)(?!\\p{L})|(?:وش|ايش|إيش|شو|شنو|ليش|ليه) (?:فيه|صاير|السالفة|مالها?|ما (?:ي|ت))|(?:حد|أحد|احد|فيه أحد|في حد) (?:غيري|ثاني|تاني|عند[هو]|مع[هو]|كمان)|بس (?:أنا|انا|عندي)|(?:عندكم|معاكم|عندكو) ?(?:؟|مشكل|كمان)|لود(?:نق|نج)|(?:ي|بي)?لف ويدور|(?:دايرة|دائرة) (?:ال)?تحميل',
    words(
      '(msh|mesh|mish|mosh|mo|mu|ma|mafi|mafeesh|mfeesh) (\\w+ )?(sha\\w+|byfta7|bey?fta7|y[ie]?fta7|bt?fta7|by?[ie]?sht\\w*|yeshta8al|fat[ei]?7|3aref\\w*|2ader|a2dar|a2der|ad5ol|adkhol|bywsal|bywasal|btwsal|btewsal|byb3at|bteb3at|net|network|el net)',
      'wa[2q][e3i]\\w*|mo?3al+[a2]?[q2]|(fi|fe|fee) (moshkela|mushkila|mshkla)|(7ad|had|7ada) (3ando|tany|tani|ghei?ri|8eiri|kaman)|ba[t6]i[2e2]\\w*|m2a?tu?3|mahannig|by3al+a2|by2fel',
    ),
  ],
  fine: ['(?:عندي|معي|معاي|عندنا) ?.{0,8}(?:شغال|تمام|عادي|يشتغل|طبيعي|كويس)|شغال (?:عندي|تمام|عادي|طبيعي|زي)'],
  recovery: [
    'رجع(?:ت)?(?! (?:يعلق|يطيح|يقطع|علق|طاح|وقف|(?:ال)?مشكل))|اشتغل(?:ت)? (?:الحين|معي|خلاص|اخيرا|أخيرا|تاني)|عاد(?:ت)? (?:الخدمة|للعمل)|انحلت|تصلح|ضبط(?:ت)? (?:الحين|معي)|صار (?:يفتح|يشتغل)',
  ],
  notYet: ['متى|لسا|لسه|إلى الآن|للحين|بس(?! )|لكن|ما رجع|مارجع'],
  jest: ['(?:اكتشفت|عرفت|طلع).{0,10}(?:ان|إن|أن)? ?(?:عندي|لي|في) (?:اهل|أهل|اخوان|إخوان|عيال|حياة|عائلة)'],
  laughter: ['ههه|😂|🤣'],
  hearsay: [
    '(?:يقولون|يقولو|بيقولو|يقال|سمعت|اشاع|إشاع|شكله|شكلهم|الظاهر|قالوا).{0,40}(?:اختراق|تهكير|مهكر|هكر|حذف|مسح|كيبل|كابل|حريق|موظف|هجوم)|هجوم (?:سيبراني|إلكتروني)|تهكير(?!.{0,6}حساب)',
  ],
  news: [
    '(?:الشركة|الهيئة|المتحدث|الوزارة|وزير|البنك|مصدر).{0,14}(?:تعلن|أعلن|اعلن|تعوض|تعتذر|توضح|كشف|تؤكد|قال|يحقق|تكشف)|(?:آلاف|ملايين|الاف) (?:المستخدمين|المشتركين|العملاء)|عاجل|بحسب|وفقا|وفقًا|(?:الشهر|العام|الأسبوع) الماضي',
  ],
  sale: [
    'متابعين .{0,20}(?:سعر|ارخص|أرخص|حقيقي|ضمان)|راسلني|تواصل (?:واتس|خاص|معنا)|للتواصل|زيادة متابعين|كود خصم|(?:اربح|ربح) .{0,12}(?:دولار|ريال|من البيت)|خصم \\d+',
  ],
  elsewhen: [
    '(?:لو|إذا|اذا|تخيل).{0,18}(?:طاح|وقف|تعطل|انقطع|طفى|وقع|يطيح|يوقف)|تذكرون|فاكرين|السنة اللي فاتت|الشهر اللي فات|(?:كل ما|كل مرة) (?:يطيح|يوقف|يقع)',
  ],
  harmless: [
    '(?:ما|لا|ماف[يى]ش?|مو) ?(?:في|عندي|فيه|توجد|يوجد)? ?(?:أي |اي )?مشك?ل\\p{L}*|بدون (?:أي |اي )?مشا?ك\\p{L}*|بدون (?:تعليق|تقطيع)',
  ],
  first: ['عندي|معي|معاي|حسابي|أنا|انا |بطاقتي|جوالي'],
}

const TR: Tongue = {
  trouble: [
    words(
      '(?!bilem|inanam|bekleyem|anlayam)\\w{2,16}[ae]m[ıiuü]yor\\w*|(?!bilm|sevm|istem|anlam|düşünm)\\w{2,16}m[ıiuü]yor(lar)?( (mu|bir türlü))?',
      'çök(tü|müş|ük|tümü|er)\\w*|hata|hatası|yavaş(ladı|lık)?|kas(ıyor|ma|tı)|don(du|uyor|ma|muş)|(beni |bizi |sürekli |oyundan )+at(ıyor|tı)|kopuyor|koptu|kesik|kesildi|kesintisi?',
      '(internet|bağlantı|şebeke|hat|wifi) (yok|gitti|kesik|koptu|hatası|rezalet)|(beyaz|siyah) ekran|reddedil\\w*|geçmedi',
      '(sadece|bir tek|yalnızca) (bende|ben)|bende (mi|de)( \\w+)?|(başka\\w*|sizde) (da |de )?(yaşayan|olan|var|mi|mı|sorun)|sorun (var|mu var|yaşıyorum|ne)|(yine|gene) (mi )?(gitti|çöktü|bozuldu|kesildi)|bozuk|bozuldu|dönüp duruyor|takıl(dı|ıyor|ıp)|açıl(maz|madı)|gelmedi|gitmedi',
    ),
  ],
  recovery: [words('düzel(di|miş)|geri geldi|tekrar (çalışıyor|açıldı)|açıldı|geldi sonunda')],
  hearsay: [
    words(
      '(diyorlar|galiba|duydum|söylenti|sanırım) (\\w+ ){0,6}(hack|saldırı|kablo|sildi|yangın)\\w*|siber saldırı|hacklen\\w+',
    ),
  ],
  news: [
    words(
      '(binlerce|milyonlarca) kullanıcı|(şirket|bakan|btk|bakanlık) (\\w+ ){0,3}(açıkladı|duyurdu|inceleme)|son dakika|açıklama geldi',
    ),
  ],
  sale: [words('takipçi (satın|hilesi|paketi)\\w*|dm\\W?den yaz\\w*|evden para kazan\\w*')],
  elsewhen: [words('(çökerse|giderse|keşke|geçen (yıl|ay|hafta)|hatırlıyor musunuz)')],
  harmless: [words('sorun(suz| yok| olmadı)|sıkıntı yok|hatasız')],
  first: [words('bende|bana|benim|ben')],
}

const IT: Tongue = {
  trouble: [
    words(
      "non (\\w+['’]? ?){0,2}(funzion|caric|rispond|apre|aprono|riesc|arriv|parte|partono|entr|invi|mand|conn|accett|trov|scaric|aggiorn|vedo|sento|prende)\\w*",
      '(si|mi) (\\w+ )?(blocca|chiude|disconnette|pianta|butta|sbatte|scollega|impalla|freeza|inchioda|ferma)(no)?|butta fuori|lent(issim)?[oaie]|schermat?a? (bianc|ner|blu)\\w*|pagina bianca',
      "rifiutat[oa]|(fuori servizio|fuori uso|in tilt|in palla|andato giù|giù|kaputt)|(solo|succede|anche) (a|per) (me|voi|te)|(a )?qualcun(o|['’])? ?altro|problemi (con|a|di|su)|disservizi\\w*|sparit[oaie]|crash(a|ato|ano)|impossibile (\\w+ )?(accedere|entrare|usare|pagare|connettersi)|(gira|carica) (a vuoto|all['’]infinito)|è (morto|rotto|crollato|bloccato)|di nuovo (giù|fermo|down)|senza (linea|internet|segnale)",
    ),
  ],
  fine: [words('(a|da) me (\\w+ )?(funziona|va|tutto)|tutto (liscio|ok|bene|regolare|normale)')],
  recovery: [words('(è|sono) tornat[oaie]|(ora|adesso) (va|funziona|carica)|risolto|di nuovo (su|online|funzionante)')],
  jest: [words('(conosciuto|scoperto) (\\w+ ){0,3}(famiglia|figli|moglie)')],
  hearsay: [
    words(
      '(pare|dicono|si dice|ho sentito|sembra) (\\w+ ){0,6}(hacker|attacco|cavo|cancellat\\w|incendio|stagista)|attacco (hacker|informatico)',
    ),
  ],
  news: [
    words(
      '(migliaia|milioni) di (utenti|clienti)|(azienda|garante|agcom|ministero) (\\w+ )?(conferma|annuncia|indaga|multa)|secondo (\\w+ )?(downdetector|fonti)|ultima ora',
    ),
  ],
  sale: [words('guadagn[ai] (\\w+ )?(da casa|\\d+|soldi)|scrivimi in (dm|privato)|vendo account')],
  elsewhen: [
    words(
      "se (\\w+ ){0,3}(cade|crolla|si blocca) di nuovo|ogni volta che (va giù|cade)|(l['’]anno|il mese) scorso|vi ricordate",
    ),
  ],
  harmless: [words('nessun(a)? (\\w+ )?(problema|errore)|senza (problemi|errori)|mai (giù|un problema)')],
  first: [words('io|a me|da me|mio|mia|noi')],
}

const RU: Tongue = {
  trouble: [
    words(
      'не (?!могу (дождаться|нарадоваться|поверить|представить))(\\w+ ){0,2}(работ|груз|откры|загру|отправл|отвеч|заход|зайти|могу|можем|могут|мог|удаётся|удается|приход|приш|доход|проход|пуска|подключ|обновл|отобража|воспроизв|запуска|дозвон|лов|включа|принима|тян|пашет|показыва|войти|достучат)\\w*',
      '(лёг|лег|легла|легло|легли|упал[аои]?|сдох\\w*|помер\\w*|умер\\w*|накрыл(ся|ось|ась|ись)|отвалил\\w*|крашит\\w*|вылета\\w*|выкидыва\\w*|выбрасыва\\w*|висн\\w*|вис(ит|ят)|завис\\w*|зависа\\w*|тормоз\\w*|лага\\w*|глюч\\w*|глюк\\w*|крутится|слетел\\w*|пропал\\w*|исчез\\w*|сбо(й|ит|и|ев)|недоступ\\w*|отклон\\w+|сломал\\w*|поломал\\w*)',
      'нет (интернета|связи|сети|доступа|сигнала|звука|соединения)|(интернета|связи|сети|звука) нет|без (связи|интернета)|(белый|ч[её]рный|пустой) экран|(только|это) у меня|у кого (ещ[её]|тоже)|кто-?(нибудь|то) (ещ[её]|может)|(у всех|ни у кого)|списал\\w* (\\w+ )?(деньги|дважды)|медленн\\w*|еле (груз|работ|полз|тян)\\w*|таймаут\\w*|опять (ошибк|сбой|лежит|лег)\\w*',
    ),
    'что (?:там |опять |случилось |происходит )?(?:с|со) [\\p{L}-]{2,20}(?: случилось| происходит)? ?\\?',
  ],
  fine: [words('у меня (вс[её] )?(работает|летает|грузит|норм|ок|нормально)|вс[её] (норм|летает|ок)')],
  recovery: [
    words(
      '(снова|уже|вс[её]|наконец|наконец-то|опять) ((?!не )\\w+ )?(работает|заработал\\w*|груз\\w*|пашет)|заработал\\w*|отпустило|починил\\w*|вернул(ся|ось|и|ась)|ожил\\w*',
    ),
  ],
  jest: [words('(познакомил\\w*|вспомнил\\w*) (\\w+ ){0,2}(семь\\w+|дет\\w+)|узнал\\w*,? что у меня')],
  hearsay: [
    words(
      '(говорят|вроде|слышал\\w*|похоже|наверное|якобы) (\\w+ ){0,6}(взлом|хакер|атак|кабел|удалил|пожар|стаж|ддос)\\w*|ддос\\w*',
    ),
  ],
  news: [
    words(
      '(тысячи|миллионы) (пользователей|клиентов|абонентов)|роскомнадзор\\w*|в компании (заявили|сообщили)|массовый сбой (произош|зафикс)\\w*|по данным',
    ),
  ],
  sale: [words('накрутк\\w*|пишите в (лс|личку|директ)|заработок (\\w+ )?(дома|онлайн)|скидк\\w* \\d+')],
  elsewhen: [
    words(
      'если (\\w+ ){0,3}(упад|сломает|ляж|накро)\\w*|каждый раз,? когда (\\w+ ){0,2}(падает|лежит)|помните|в прошлом (году|месяце)|на прошлой неделе',
    ),
  ],
  harmless: [words('без (ошибок|проблем|сбоев|лагов)|не (лагает|тормозит|глючит|висит|зависает|вылетает)|нет проблем')],
  first: [],
}

const KO: Tongue = {
  trouble: [
    '안 ?(?:돼|되|됨|됩|됐|열|와|옴|떠|뜨|뜸|보내|나와|나옴|들어가|들어와|켜|터지|먹|넘어|잡|불러|보여|보이|들려|들리|눌|가져)|못 ?(?:들어|보내|열|쓰겠|하겠|해먹|받)|터졌|터짐|터진|뻗(?:었|음)|먹통|다운(?:됐|됨|된|인가|이)|튕|팅[겨김기]|렉 ?(?:걸|심|오|개|쩔)|느려|느림|버벅|멈(?:춤|췄|춰)|끊(?:겨|김|기|긴)',
    '하얗|하얀 ?화면|흰 ?화면|까맣|검은 ?화면|백지|무한 ?로딩|로딩(?:만|중|이)|접속 ?(?:불가|장애|안|오류)|거절|실패|사라졌|날아갔|날라갔|(?:나|저|내|제)만 ?(?:이|그|안|로그)|이상(?:해|하네|함|한데)|왜 ?(?:이래|이러|안)|서버 ?(?:죽|상태|왜|나감|불안)|불통|안됨|(?:나|저)만 (?:그런|이런)',
  ],
  recovery: ['(?:이제|다시|드디어).{0,5}(?:잘 ?)?(?:돼|되|됨|됩|됐)|됐다|복구|돌아왔|고쳐졌|풀렸'],
  notYet: ['언제|아직|안 ?(?:돼|되|됨)|왜'],
  jest: ['덕분에.{0,10}(?:공부|잠|청소)|강제 (?:퇴근|휴식)'],
  hearsay: ['(?:해킹|디도스|인턴|화재|케이블).{0,15}(?:래|라던데|듯|같|카더라|소문|라고)'],
  news: ['속보|이용자(?:들)?.{0,8}(?:불편|호소)|밝혔다|조사 ?착수|과기정통부|에 따르면|지난(?:주|달|해)'],
  sale: ['팔로워 ?(?:구매|판매|늘)|부업|(?:디엠|DM) ?(?:주세요|문의)|무료 ?나눔'],
  elsewhen: ['(?:터지면|다운되면)|작년|지난(?:달|해)|만약'],
  harmless: ['렉 ?(?:없|하나)|(?:문제|오류|끊김) ?없|안 ?(?:끊|느려|튕)|아무 ?문제'],
  first: ['저는|제|나는|난 |저만|나만'],
}

const NL: Tongue = {
  trouble: [
    words(
      '(doet|doen|werkt|werken|laadt|laden|opent|start|reageert|kom|komt|komen|lukt|verbindt|verstuurt)( \\w+){0,4} (niet|niks)( \\w+)?|gaat (\\w+ )?niet (open|door|aan)|(krijg|krijgen) (\\w+ ){0,3}(geen|niet) (verbinding|code|toegang|mail\\w*|bericht\\w*|sms)|(kan|kunnen) (\\w+ ){0,4}(niet|niks) (\\w+ ){0,2}(inloggen|in|openen|sturen|verbinden|laden|betalen|bellen|erop|erin|versturen|bereiken|gebruiken|kijken)|niet (meer )?(bereikbaar|te bereiken|aan|in)',
      "(ligt|liggen|lag) (\\w+ ){0,3}(plat|eruit|eraf|uit|op z['’]?n gat|op zijn gat)|storing\\w*|(zo|super|heel|erg|mega) traag|(wit|zwart) scherm|witte pagina|crasht|vastgelopen|loopt vast|(blijft|blijven) (\\w+ )?(laden|hangen|draaien|vastlopen)|eruit (gegooid|geknikkerd|geflikkerd)|geweigerd|iemand (anders|ook)|nog (iemand|meer mensen)|alleen (ik|bij mij)|(problemen|gedoe) met|foutmelding\\w*|geen (verbinding|bereik|internet|geluid|signaal)|(is|zijn|weer) (stuk|kapot|dood)",
    ),
  ],
  fine: [words('bij mij werkt|hier (doet|werkt|gaat)|(doet|werkt) (\\w+ )?(gewoon|prima)')],
  recovery: [words('(doet|werkt|doen|werken) (\\w+ ){0,2}weer|weer (online|bereikbaar|in de lucht)|opgelost')],
  hearsay: [words('(schijnt|gehoord|blijkbaar) (\\w+ ){0,6}(hack\\w*|kabel|stagiair|brand|aanval)')],
  news: [words('duizenden (klanten|gebruikers)|volgens (\\w+ ){1,3}|woordvoerder|meldt (het|de)|vorige (week|maand)')],
  sale: [words('volgers kopen|verdien (\\w+ )?geld|stuur (me|mij) een dm')],
  elsewhen: [words('als (\\w+ ){0,3}(weer|ooit) (plat|uit|eruit)\\w*|vorig jaar|weten jullie nog')],
  harmless: [words('geen (enkel )?(probleem|problemen|storing)|zonder problemen')],
}

const PL: Tongue = {
  trouble: [
    words(
      'nie (?!mogę (się )?doczekać)(\\w+ ){0,2}(dział|ładuj|otwier|mogę|moge|da się|wysył|przycho|przysz|dochodz|loguj|wchodz|wejść|odpowiada|odpala|łączy|idzie|chodzi|widzi|wczyt|pobiera|przechodz|żyje)\\w*',
      '(znowu |chyba |znów |serwer\\w* )?pad(ł|ło|ła|ły)|(serwer\\w*|strona|apka|wszystko) leży|wywala|wywaliło|wyrzuca|wylogow\\w+|zawiesz\\w*|zawieszon\\w*|zacina|muli|laguje|laga|(strasznie|bardzo|tak) woln[oy]|(biały|czarny) ekran|błąd|błędy|awari\\w*|ktoś (jeszcze|też)|tylko (ja|u mnie)|odrzucon\\w*|znikn\\w+|problem(y)? (z|ze)|ma problem|bez (internetu|zasięgu)|brak (zasięgu|internetu|połączenia)|kręci się',
    ),
  ],
  fine: [words('u mnie (działa|śmiga|ok|wszystko|spoko)|śmiga')],
  recovery: [
    words('(już|nareszcie|znów|znowu|wreszcie) ((?!nie )\\w+ )?(działa|śmiga|wróci\\w+|chodzi)|wróciło|naprawi\\w+'),
  ],
  hearsay: [words('(podobno|słyszał\\w+|chyba|ponoć) (\\w+ ){0,6}(hak|atak|kabel|stażyst|pożar|skasow)\\w*')],
  news: [words('tysiące (użytkowników|klientów)|jak podaje|poinformował\\w*|według|rzeczni\\w+')],
  sale: [words('zarabiaj|kup obserw\\w+|napisz na priv')],
  elsewhen: [words('jeśli (\\w+ ){0,3}pad\\w+|w zeszłym (roku|miesiącu|tygodniu)|pamiętacie')],
  harmless: [words('bez (żadnych )?(problemu|problemów|błędów|awarii)|nie ma problem\\w*')],
}

const VI: Tongue = {
  trouble: [
    words(
      '(không|ko|hông|hok|chẳng|chả) ((\\w+ ){0,2}(được|đc|dc|nổi)|vào|gửi|tải|load|mở|đăng nhập|kết nối|lên|chạy|hoạt động)',
      '(vào|gửi|tải|mở|đăng nhập|load|xem|dùng|kết nối|thanh toán|nhận|chuyển) (\\w+ ){0,2}(không|ko|hông|hok) (được|nổi|dc|đc|vô|ra)',
      'sập|lag|giật( lag)?|(bị|cứ) (\\w+ ){0,2}(văng|out|đơ|treo|lỗi|chậm|đứng)|lỗi (hoài|mãi|rồi|gì|suốt|mạng)|bị lỗi|(mạng|app|web|load) (\\w+ )?chậm|chậm (quá|như|kinh)|(xoay|quay) (hoài|mãi|vòng)|mất (mạng|kết nối|sóng)|màn hình (trắng|đen)|trắng (xóa|bóc|tinh)|(có )?ai (bị|cũng|giống)|(chỉ|có) (mình|mỗi) (mình|tui|tôi|em)|trừ tiền|chết (rồi|server|app|mạng)|văng ra',
    ),
  ],
  fine: [words('(vẫn|mình|bên mình|bên này) (\\w+ ){0,3}(bình thường|vào được|dùng được|ổn|mượt)')],
  recovery: [
    words(
      '(?<!(không|ko|hông|chưa) )(vào|dùng|chạy|gửi|xem) (lại )?được rồi|hết lỗi|có lại rồi|ổn rồi|bình thường (lại|trở lại)',
    ),
  ],
  hearsay: [words('(nghe (nói|đồn)|hình như|chắc) (\\w+ ){0,6}(hack|tấn công|cáp|cháy|xóa)|đứt cáp')],
  news: [
    words('hàng (nghìn|ngàn|triệu|loạt) người dùng|theo (báo|thông tin|nguồn)|công bố|(tuần|tháng|năm) (trước|ngoái)'),
  ],
  sale: [words('kiếm tiền|bán (acc|tài khoản)|tăng follow|inbox (em|mình|shop)')],
  harmless: [words('không (bị )?(lỗi|lag|giật|sao|vấn đề)( \\w+)?')],
}

const TH: Tongue = {
  trouble: [
    '(?:ใช้|เข้า|ส่ง|โหลด|เปิด|ดู|เล่น|โทร|จ่าย|ล็อกอิน|ล็อคอิน|เชื่อมต่อ|กด|รับ|เติม|โอน|สแกน)[ก-๙ ]{0,14}(?:ไม่ได้|ไม่ขึ้น|ไม่ไป|ไม่ติด|ไม่ผ่าน|ไม่ออก|ไม่เข้า|ไม่มา)|ไม่(?:โหลด|ขึ้น|ตอบ|ทำงาน|มีสัญญาณ|มีเน็ต|มีเสียง)',
    'ล่ม|ค้าง|เด้ง|หลุด|ช้า(?:มาก|สุด|จัง|อ่ะ|โคตร|เกิน)|เน็ต(?:ช้า|หาย|ตัด|หลุด|กาก)|หมุน(?:ๆ|อยู่|ตลอด|ไม่)|จอ(?:ดำ|ขาว)|เออเร่อ|เอ๋อ|พัง|ใครเป็น(?:บ้าง|มั้ย|ไหม)|เป็นกัน(?:ไหม|มั้ย|ป่ะ)|เป็นคนเดียว|ตัดเงิน|ระบบขัดข้อง',
  ],
  recovery: ['กลับมา(?:แล้ว|ใช้ได้|ปกติ)|ใช้ได้แล้ว|หายแล้ว|เข้าได้แล้ว'],
  hearsay: ['(?:ได้ยินว่า|เขาว่า|ข่าวลือ).{0,30}(?:แฮก|ไฟไหม้|สายเคเบิล)|โดนแฮก'],
  news: ['ผู้ใช้(?:หลาย|นับ)พัน|บริษัท.{0,8}(?:แถลง|ชี้แจง|แจ้ง)|รายงานข่าว|เดือนที่แล้ว|ปีที่แล้ว'],
  sale: ['รับ(?:ปั๊ม|กู้|เพิ่ม)|ทักแชท|รายได้เสริม|แอดไลน์'],
  harmless: ['ไม่(?:ล่ม|ค้าง|หลุด|เด้ง|มีปัญหา)'],
}

export const TONGUES: readonly Tongue[] = [HI, AR, TR, IT, RU, KO, NL, PL, VI, TH]
