import type { DemoMark, DemoStatus } from '../../shell/demo.js'
import type { Language } from '../pages/strings.js'

/** What the strip above the demonstration's pages says. */
export interface DemoWords {
  name: string
  what: string
  phase: Record<DemoStatus['phase'], string>
  faster: (times: string) => string
  pause: string
  goOn: string
  pace: string
  own: string
  jump: string
  mark: Record<DemoMark['name'], string>
  restart: string
}

const en: DemoWords = {
  name: 'Demonstration',
  what: 'A real outage, rebuilt from public sources.',
  phase: {
    loading: 'loading',
    playing: 'playing',
    paused: 'paused: time stands still',
    ended: 'ended: time stands still',
  },
  faster: times => `${times} times faster than life`,
  pause: 'Pause',
  goOn: 'Go on',
  pace: 'Pace',
  own: 'auto',
  jump: 'Jump to',
  mark: { start: 'calm', onset: 'trouble begins', mitigated: 'most is mended', resolved: 'all is mended', end: 'end' },
  restart: 'Restart',
}
const es: DemoWords = {
  name: 'Demostración',
  what: 'Una caída real, reconstruida a partir de fuentes públicas.',
  phase: {
    loading: 'cargando',
    playing: 'en marcha',
    paused: 'en pausa: el tiempo está detenido',
    ended: 'terminada: el tiempo está detenido',
  },
  faster: times => `${times} veces más rápido que la vida`,
  pause: 'Pausa',
  goOn: 'Seguir',
  pace: 'Ritmo',
  own: 'automático',
  jump: 'Ir a',
  mark: {
    start: 'calma',
    onset: 'empieza el problema',
    mitigated: 'casi todo arreglado',
    resolved: 'todo arreglado',
    end: 'final',
  },
  restart: 'Empezar de nuevo',
}
const pt: DemoWords = {
  name: 'Demonstração',
  what: 'Uma queda real, reconstruída a partir de fontes públicas.',
  phase: {
    loading: 'carregando',
    playing: 'em andamento',
    paused: 'em pausa: o tempo está parado',
    ended: 'terminada: o tempo está parado',
  },
  faster: times => `${times} vezes mais rápido que a vida`,
  pause: 'Pausar',
  goOn: 'Continuar',
  pace: 'Ritmo',
  own: 'automático',
  jump: 'Ir para',
  mark: {
    start: 'calma',
    onset: 'o problema começa',
    mitigated: 'quase tudo consertado',
    resolved: 'tudo consertado',
    end: 'fim',
  },
  restart: 'Recomeçar',
}
const hi: DemoWords = {
  name: 'प्रदर्शन',
  what: 'एक असली ठप घटना, सार्वजनिक स्रोतों से फिर से बनाई गई।',
  phase: { loading: 'लोड हो रहा है', playing: 'चल रहा है', paused: 'रुका हुआ: समय ठहरा है', ended: 'समाप्त: समय ठहरा है' },
  faster: times => `असल से ${times} गुना तेज़`,
  pause: 'रोकें',
  goOn: 'आगे बढ़ें',
  pace: 'गति',
  own: 'स्वतः',
  jump: 'यहाँ जाएँ',
  mark: { start: 'शांत', onset: 'समस्या शुरू', mitigated: 'ज़्यादातर ठीक', resolved: 'सब ठीक', end: 'अंत' },
  restart: 'फिर से शुरू करें',
}
const fr: DemoWords = {
  name: 'Démonstration',
  what: 'Une vraie panne, reconstituée à partir de sources publiques.',
  phase: {
    loading: 'chargement',
    playing: 'en cours',
    paused: 'en pause : le temps est arrêté',
    ended: 'terminée : le temps est arrêté',
  },
  faster: times => `${times} fois plus vite que la vie`,
  pause: 'Mettre en pause',
  goOn: 'Reprendre',
  pace: 'Rythme',
  own: 'automatique',
  jump: 'Aller à',
  mark: {
    start: 'calme',
    onset: 'le problème commence',
    mitigated: 'presque tout réparé',
    resolved: 'tout réparé',
    end: 'fin',
  },
  restart: 'Recommencer',
}
const de: DemoWords = {
  name: 'Vorführung',
  what: 'Ein wirklicher Ausfall, aus öffentlichen Quellen nachgebaut.',
  phase: { loading: 'lädt', playing: 'läuft', paused: 'angehalten: die Zeit steht', ended: 'zu Ende: die Zeit steht' },
  faster: times => `${times}-mal schneller als das Leben`,
  pause: 'Anhalten',
  goOn: 'Weiter',
  pace: 'Tempo',
  own: 'von selbst',
  jump: 'Springen zu',
  mark: { start: 'Ruhe', onset: 'es beginnt', mitigated: 'das meiste behoben', resolved: 'alles behoben', end: 'Ende' },
  restart: 'Von vorn',
}
const id: DemoWords = {
  name: 'Peragaan',
  what: 'Gangguan nyata, disusun ulang dari sumber publik.',
  phase: { loading: 'memuat', playing: 'berjalan', paused: 'dijeda: waktu berhenti', ended: 'selesai: waktu berhenti' },
  faster: times => `${times} kali lebih cepat dari aslinya`,
  pause: 'Jeda',
  goOn: 'Lanjut',
  pace: 'Laju',
  own: 'otomatis',
  jump: 'Lompat ke',
  mark: {
    start: 'tenang',
    onset: 'masalah mulai',
    mitigated: 'sebagian besar pulih',
    resolved: 'semua pulih',
    end: 'akhir',
  },
  restart: 'Mulai ulang',
}
const ja: DemoWords = {
  name: 'デモ',
  what: '公開情報から再現した実際の障害です。',
  phase: {
    loading: '読み込み中',
    playing: '再生中',
    paused: '一時停止中（時間は止まっています）',
    ended: '終了（時間は止まっています）',
  },
  faster: times => `実際の${times}倍の速さ`,
  pause: '一時停止',
  goOn: '再開',
  pace: '速さ',
  own: '自動',
  jump: '移動',
  mark: { start: '平常', onset: '障害の始まり', mitigated: '大半が復旧', resolved: 'すべて復旧', end: '終わり' },
  restart: '最初から',
}
const ar: DemoWords = {
  name: 'عرض توضيحي',
  what: 'انقطاع حقيقي أُعيد بناؤه من مصادر عامة.',
  phase: {
    loading: 'جارٍ التحميل',
    playing: 'جارٍ العرض',
    paused: 'متوقف مؤقتًا: الزمن واقف',
    ended: 'انتهى: الزمن واقف',
  },
  faster: times => `أسرع من الواقع ${times} مرة`,
  pause: 'إيقاف مؤقت',
  goOn: 'متابعة',
  pace: 'السرعة',
  own: 'تلقائي',
  jump: 'انتقل إلى',
  mark: { start: 'هدوء', onset: 'بداية المشكلة', mitigated: 'أُصلح معظمها', resolved: 'أُصلح كلها', end: 'النهاية' },
  restart: 'من جديد',
}

export const DEMO_WORDS: Record<Language, DemoWords> = { en, es, pt, hi, fr, de, id, ja, ar }
