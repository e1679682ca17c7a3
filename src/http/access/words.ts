import type { Language } from '../pages/strings.js'

/** What the page to sign in says. */
export interface AccessWords {
  title: string
  lead: string
  password: string
  open: string
  /** The name of the provider stands at the end. */
  provider: string
  wrong: string
  slowed: string
  inside: string
  team: string
}

export const ACCESS_WORDS: Record<Language, AccessWords> = {
  en: {
    title: 'This page is not for everybody',
    lead: 'Show that it is for you, and it opens.',
    password: 'Password',
    open: 'Open',
    provider: 'Sign in with',
    wrong: 'That password opens nothing here.',
    slowed: 'Too many tries. Wait a minute.',
    inside: 'It opens by itself in the network that it is meant for.',
    team: 'For the team',
  },
  es: {
    title: 'Esta página no es para todos',
    lead: 'Muestre que es para usted y se abrirá.',
    password: 'Contraseña',
    open: 'Abrir',
    provider: 'Iniciar sesión con',
    wrong: 'Esa contraseña no abre nada aquí.',
    slowed: 'Demasiados intentos. Espere un minuto.',
    inside: 'Se abre sola en la red para la que está pensada.',
    team: 'Para el equipo',
  },
  pt: {
    title: 'Esta página não é para todos',
    lead: 'Mostre que é para você e ela se abre.',
    password: 'Senha',
    open: 'Abrir',
    provider: 'Entrar com',
    wrong: 'Essa senha não abre nada aqui.',
    slowed: 'Tentativas demais. Espere um minuto.',
    inside: 'Ela se abre sozinha na rede a que se destina.',
    team: 'Para a equipe',
  },
  hi: {
    title: 'यह पेज सबके लिए नहीं है',
    lead: 'दिखाइए कि यह आपके लिए है, तब यह खुल जाएगा।',
    password: 'पासवर्ड',
    open: 'खोलें',
    provider: 'इससे साइन इन करें:',
    wrong: 'इस पासवर्ड से यहाँ कुछ नहीं खुलता।',
    slowed: 'बहुत ज़्यादा कोशिशें हुईं। एक मिनट रुकिए।',
    inside: 'जिस नेटवर्क के लिए यह बना है, वहाँ यह अपने आप खुलता है।',
    team: 'टीम के लिए',
  },
  fr: {
    title: 'Cette page n’est pas pour tout le monde',
    lead: 'Montrez qu’elle est pour vous et elle s’ouvrira.',
    password: 'Mot de passe',
    open: 'Ouvrir',
    provider: 'Se connecter avec',
    wrong: 'Ce mot de passe n’ouvre rien ici.',
    slowed: 'Trop d’essais. Attendez une minute.',
    inside: 'Elle s’ouvre d’elle-même dans le réseau auquel elle est destinée.',
    team: 'Pour l’équipe',
  },
  de: {
    title: 'Diese Seite ist nicht für alle',
    lead: 'Zeigen Sie, dass sie für Sie ist, dann öffnet sie sich.',
    password: 'Passwort',
    open: 'Öffnen',
    provider: 'Anmelden mit',
    wrong: 'Dieses Passwort öffnet hier nichts.',
    slowed: 'Zu viele Versuche. Warten Sie eine Minute.',
    inside: 'Im Netz, für das sie gedacht ist, öffnet sie sich von selbst.',
    team: 'Für das Team',
  },
  id: {
    title: 'Halaman ini tidak untuk semua orang',
    lead: 'Tunjukkan bahwa halaman ini untuk Anda, lalu halaman terbuka.',
    password: 'Kata sandi',
    open: 'Buka',
    provider: 'Masuk dengan',
    wrong: 'Kata sandi itu tidak membuka apa pun di sini.',
    slowed: 'Terlalu banyak percobaan. Tunggu satu menit.',
    inside: 'Halaman terbuka sendiri di jaringan yang dituju.',
    team: 'Untuk tim',
  },
  ja: {
    title: 'このページは一般公開されていません',
    lead: '閲覧できる方であることを示すと開きます。',
    password: 'パスワード',
    open: '開く',
    provider: 'サインイン:',
    wrong: 'そのパスワードで開くものはここにはありません。',
    slowed: '試行が多すぎます。1分お待ちください。',
    inside: '対象のネットワークからは自動的に開きます。',
    team: 'チームの方',
  },
  ar: {
    title: 'هذه الصفحة ليست للجميع',
    lead: 'أثبت أنها لك فتُفتح.',
    password: 'كلمة المرور',
    open: 'فتح',
    provider: 'تسجيل الدخول عبر',
    wrong: 'كلمة المرور هذه لا تفتح شيئًا هنا.',
    slowed: 'محاولات كثيرة جدًا. انتظر دقيقة.',
    inside: 'تُفتح من تلقاء نفسها في الشبكة المخصصة لها.',
    team: 'للفريق',
  },
}
