/** What messages say beside the words of pages. All languages stand beside one another, so that none can promise more than the others. */
const en = {
  /** Whose it is to deal with. */
  has: 'Who has it',
  nobody: 'nobody yet',
  seen: (who: string) => `seen by ${who}`,
  page: 'Public page',
  room: 'Incident room',
  soFar: 'So far',
  unsubscribe: 'Unsubscribe',
  /** Several messages in one. */
  digest: 'Digest',
  /** A button: whoever presses it looks at it. */
  ack: 'Acknowledge',
  test: 'Test message',
  testSays: 'Nothing has happened. This shows that messages come through.',
}

export type MessageStrings = typeof en

const es: MessageStrings = {
  has: 'Quién se ocupa',
  nobody: 'nadie todavía',
  seen: who => `visto por ${who}`,
  page: 'Página pública',
  room: 'Sala del incidente',
  soFar: 'Hasta ahora',
  unsubscribe: 'Darse de baja',
  digest: 'Resumen',
  ack: 'Me ocupo',
  test: 'Mensaje de prueba',
  testSays: 'No ha pasado nada. Esto muestra que los mensajes llegan.',
}

const pt: MessageStrings = {
  has: 'Quem cuida disso',
  nobody: 'ninguém ainda',
  seen: who => `visto por ${who}`,
  page: 'Página pública',
  room: 'Sala do incidente',
  soFar: 'Até agora',
  unsubscribe: 'Cancelar inscrição',
  digest: 'Resumo',
  ack: 'Eu cuido disso',
  test: 'Mensagem de teste',
  testSays: 'Nada aconteceu. Isto mostra que as mensagens chegam.',
}

const hi: MessageStrings = {
  has: 'किसके पास है',
  nobody: 'अभी किसी के पास नहीं',
  seen: who => `${who} ने देखा`,
  page: 'सार्वजनिक पृष्ठ',
  room: 'घटना कक्ष',
  soFar: 'अब तक',
  unsubscribe: 'सदस्यता समाप्त करें',
  digest: 'सारांश',
  ack: 'मैं देखता/देखती हूँ',
  test: 'परीक्षण संदेश',
  testSays: 'कुछ नहीं हुआ है। यह दिखाता है कि संदेश पहुँचते हैं।',
}

const fr: MessageStrings = {
  has: 'Qui s’en occupe',
  nobody: 'personne pour l’instant',
  seen: who => `vu par ${who}`,
  page: 'Page publique',
  room: 'Salle de l’incident',
  soFar: 'Jusqu’ici',
  unsubscribe: 'Se désabonner',
  digest: 'Récapitulatif',
  ack: 'Je m’en occupe',
  test: 'Message d’essai',
  testSays: 'Il ne s’est rien passé. Ceci montre que les messages arrivent.',
}

const de: MessageStrings = {
  has: 'Wer sich kümmert',
  nobody: 'noch niemand',
  seen: who => `gesehen von ${who}`,
  page: 'Öffentliche Seite',
  room: 'Raum der Störung',
  soFar: 'Bisher',
  unsubscribe: 'Abbestellen',
  digest: 'Zusammenfassung',
  ack: 'Ich sehe es mir an',
  test: 'Testnachricht',
  testSays: 'Es ist nichts passiert. Das hier zeigt, dass Nachrichten ankommen.',
}

const id: MessageStrings = {
  has: 'Siapa yang menangani',
  nobody: 'belum ada',
  seen: who => `dilihat oleh ${who}`,
  page: 'Halaman publik',
  room: 'Ruang insiden',
  soFar: 'Sejauh ini',
  unsubscribe: 'Berhenti berlangganan',
  digest: 'Ringkasan',
  ack: 'Saya tangani',
  test: 'Pesan uji',
  testSays: 'Tidak terjadi apa-apa. Ini menunjukkan bahwa pesan sampai.',
}

const ja: MessageStrings = {
  has: '担当者',
  nobody: 'まだいません',
  seen: who => `${who} が確認済み`,
  page: '公開ページ',
  room: 'インシデントルーム',
  soFar: 'これまでの経過',
  unsubscribe: '配信停止',
  digest: 'まとめ',
  ack: '確認して対応する',
  test: 'テストメッセージ',
  testSays: '何も起きていません。メッセージが届くことを示すものです。',
}

const ar: MessageStrings = {
  has: 'من يتولّاه',
  nobody: 'لا أحد بعد',
  seen: who => `اطّلع عليه ${who}`,
  page: 'الصفحة العامة',
  room: 'غرفة الحادث',
  soFar: 'حتى الآن',
  unsubscribe: 'إلغاء الاشتراك',
  digest: 'ملخّص',
  ack: 'سأتولى الأمر',
  test: 'رسالة اختبار',
  testSays: 'لم يحدث شيء. هذه الرسالة تُظهر أن الرسائل تصل.',
}

export const messageWords = { en, es, pt, hi, fr, de, id, ja, ar }
