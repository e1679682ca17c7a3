import type { Theme } from '../../contract/people.js'

/**
 * What a complaint is about, by words in many languages; the first theme whose words it has. Plain on purpose, as
 * `core/text`: a theme is a heading to count under, not a finding.
 */

/** Beginnings of words; in scripts without spaces, parts of them. */
const STEMS: Record<Exclude<Theme, 'other'>, string> = {
  payment:
    'pay|paid|payment|billing|invoice|checkout|charged|refund|subscri|pago|pagar|cobr|factura|pagamento|paiement|payer|facture|bezahl|zahlung|rechnung|bayar|tagihan|भुगतान|पेमेंट|دفع|فاتور|支払|決済|課金',
  login:
    'login|log in|logged out|logging in|sign in|signing in|signin|password|authenticat|verification code|iniciar sesi|inicio de sesi|contraseña|entrar na conta|senha|connexion|connecter|mot de passe|anmeld|einlogg|passwort|masuk|kata sandi|लॉग ?इन|साइन ?इन|पासवर्ड|تسجيل الدخول|كلمة المرور|ログイン|サインイン|パスワード',
  sending:
    'send|sending|sent|upload|download|attach|deliver|enviar|envía|subir|mensaje|mensagem|envoyer|envoi|senden|hochlad|verschick|kirim|unggah|भेज|अपलोड|إرسال|ارسال|رفع|送信|アップロード',
  missing:
    'missing|disappear|vanish|lost|gone|deleted|empty history|desapareci|falta|perdid|sumiu|sumiram|disparu|perdu|verschwunden|weg ist|fehl(?:t|en) |hilang|ग़ायब|गायब|اختف|消え|なくな',
  slow: 'slow|lag|loading forever|takes forever|stuck|spinning|hang|timeout|timing out|timed out|lent[oae]|tard|demor|trava|lent |bloqu|langsam|hängt|ewig|lambat|lemot|lelet|macet|धीम|अटक|بطي|تعليق|遅い|重い|固ま',
  errors:
    'error|failed|fails|failing|something went wrong|[45]\\d\\d|erro|fallo|falla|erreur|échou|fehler|galat|gagal|एरर|त्रुटि|خطأ|エラー',
  quality: 'answer|quality|nonsense|wrong|worse|respuesta|resposta|réponse|antwort|jawaban|जवाब|إجاب|回答|答え',
  unreachable:
    'down|offline|load|open|connect|access|reach|blank|white screen|not work|stopped working|caíd|no carga|no abre|no funciona|fora do ar|não abre|não carrega|não funciona|caiu|en panne|ne marche|ne fonctionne|ne charge|ouvrir|ausgefallen|lädt nicht|geht nicht|funktioniert nicht|öffne|tidak bisa|gak bisa|mati|नहीं चल|नहीं खुल|बंद|काम नहीं|ठप|لا يعمل|لا تعمل|لا يفتح|معطل|متوقف|開か|つなが|繋が|使えな|落ち',
}

const PATTERNS = Object.entries(STEMS).map(
  ([theme, stems]) =>
    [theme as Theme, new RegExp(`(?:^|[^\\p{L}\\p{M}])(?:${stems})|${unspaced(stems)}`, 'iu')] as const,
)

/** Scripts that join particles to words or write without spaces are looked for anywhere. */
function unspaced(stems: string): string {
  const found = stems
    .split('|')
    .filter(stem => /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Arabic}]/u.test(stem))
  return found.length > 0 ? found.join('|') : '(?!)'
}

/** O(length). */
export function themeOf(text: string): Theme {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other'
}

/** Insults and slurs of the languages that the pages speak: a text with one is counted under its theme and never shown. */
const RUDE = new RegExp(
  `(?<!\\p{L})(?:${[
    'f+u+c+k\\w*|motherf\\w*|sh[i1]t\\w*|bullsh\\w*|bitch\\w*|bastard\\w*|cunt\\w*|assholes?|dickhead\\w*|wank\\w*|slut\\w*|whore\\w*|retard\\w*|fag(?:got)?s?|n[i1]gg\\w*|kike\\w*|tranny|kill yourself|kys|rape\\w*|nazi\\w*|hitler',
    'put[oa]s?|mierda|cabr[oó]n\\w*|gilipollas|pendej\\w*|maric[oó]n\\w*|hijo de puta|coño',
    'porra|merda|caralho|foda\\w*|viado\\w*|filho da puta|arrombad\\w*',
    'merde|putain|connard\\w*|salope\\w*|encul\\w*|pute|pédé\\w*',
    'schei(?:ß|ss)\\w*|arschl\\w*|fotze\\w*|hure\\w*|wichs\\w*|missgeburt\\w*|schwuchtel\\w*',
    'anjing|bangsat|kontol|memek|goblok|tolol|babi',
    'мраз\\w*|бля\\w*|хуй\\w*|пизд\\w*|сука|пидор\\w*',
  ].join('|')})(?!\\p{L})|चूतिया|मादरचोद|भोसड़ी|बहनचोद|शर्मूता|كس ?أم|شرموط|كلب ابن|死ね|くそ|クソ|ちくしょう`,
  'iu',
)

export const isRude = (text: string): boolean => RUDE.test(text)
