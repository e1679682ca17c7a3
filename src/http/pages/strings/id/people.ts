import type { PeopleStrings } from '../en/people.js'

export const idPeople: PeopleStrings = {
  justMe: {
    title: 'Hanya saya?',
    lead: 'Pilih yang sesuai dengan Anda lalu bandingkan. Pilihan Anda tidak disimpan.',
    guessed: 'Ditebak dari koneksi dan peramban Anda; ubah bila keliru.',
    part: 'Bagian layanan',
    any: 'Apa saja',
    compare: 'Bandingkan',
    notJustYou: where => `Bukan hanya Anda: orang lain juga melaporkannya (${where}).`,
    elsewhere: where =>
      `Orang lain melaporkan masalah, tetapi sedikit di sini (${where}). Mungkin sesuatu di dekat Anda.`,
    everywhere: 'Bukan hanya Anda: orang lain juga melaporkan masalah.',
    few: where => `Sedikit orang lain yang melaporkannya (${where}). Mungkin sesuatu di dekat Anda.`,
    fewAnywhere: 'Sedikit orang lain yang melaporkan masalah. Mungkin sesuatu di dekat Anda.',
    tooFew: where =>
      `Orang lain melaporkan masalah. Dari sini terlalu sedikit yang melapor untuk mengetahui apakah Anda terkena (${where}).`,
    unknown: 'Belum bisa dipastikan: terlalu sedikit yang diketahui tentang layanan ini saat ini.',
    row: (bad, usual) => `${bad} laporan masalah dalam satu jam terakhir; biasanya ${usual}`,
    rowUnusual: (bad, ratio) => `${bad} laporan masalah dalam satu jam terakhir, ${ratio} tingkat biasa`,
    rowFew: 'kurang dari 3 laporan masalah dalam satu jam terakhir',
    others: 'Orang lain',
    rule: 'Laporan satu jam terakhir dibanding yang biasa dikirim orang yang sama. Dua kali lipat atau lebih, dan sedikitnya 3 laporan: “juga melaporkannya”.',
    network: 'Jaringan Anda',
    hit: where => `Insiden yang masih terbuka mengenai tempat Anda: ${where}.`,
    spared: where => `Ada insiden yang terbuka, tetapi ini tampak baik: ${where}.`,
    link: 'Bandingkan dengan orang seperti Anda',
    private: 'Alamat dan pilihan Anda tidak disimpan, dan halaman ini tidak disimpan di perjalanan.',
  },

  samples: {
    title: 'Yang ditulis orang',
    note: 'Dari satu jam terakhir, tidak diperiksa. Dipilih dengan aturan: sedikitnya 3 orang dari jaringan berbeda mengatakan hal serupa, dan tiap kata yang tampil ditulis 3 dari mereka; sisanya diganti “…”. Alamat, nomor, dan nama akun tidak pernah masuk.',
    people: n => `${n} orang`,
  },

  tell: {
    ask: 'Kabari saya bila sudah pulih di tempat saya',
    note: 'Satu pesan saja ke peramban ini. Pilihan Anda (negara, perangkat, bagian) disimpan dua hari, alamat Anda tidak pernah.',
    on: 'Selesai. Anda akan menerima satu pesan saat tampak pulih di tempat Anda.',
    refused: 'Peramban ini tidak mengizinkan pesan di sini.',
    follow: 'Untuk mengikuti tanpa pesan, ada',
    feed: 'umpan semua insiden',
    titleHere: service => `${service} tampak pulih di tempat Anda`,
    title: service => `${service} tampak kembali normal`,
    body: 'Sudah pulih bagi Anda? Cukup satu ketukan.',
  },

  back: {
    title: service => `Apakah ${service} sudah pulih bagi Anda?`,
    lead: 'Yang kami lihat begitu. Jawaban Anda menunjukkan apakah benar, dan dihitung.',
    yes: 'Ya, berfungsi lagi',
    no: 'Belum, masih bermasalah',
    thanks: 'Terima kasih. Jawaban Anda dihitung.',
    used: 'Pertanyaan ini sudah dijawab atau terlalu lama. Anda masih bisa melapor di halaman layanan.',
    toService: service => `Keadaan ${service}`,
    said: (n, share) => `Dari ${n} orang yang ditanya, ${share} mengatakan sudah pulih.`,
  },

  check: {
    title: 'Satu langkah lagi',
    lead: seconds =>
      `Saat ini banyak sekali laporan mencurigakan. Agar laporan Anda dihitung, tunggu ${seconds} lalu tekan tombol.`,
    press: 'Hitung laporan saya',
    early: 'Itu terlalu cepat atau terlalu lambat. Tunggu sebentar dan tekan lagi.',
    working: 'Menunjukkan bahwa ini peramban sungguhan; tunggu sebentar …',
  },
}
