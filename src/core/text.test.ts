import { describe, expect, it } from 'vitest'
import { classify, type TextClass } from './text.js'

const rows = (says: TextClass, texts: string[]): [string, TextClass][] => texts.map(text => [text, says])

describe('classify', () => {
  it.each([
    ...rows('complaint', [
      'is the shop down for anyone else?',
      "can't log in since ten minutes",
      'cannot send messages #shopdown',
      'the app has stopped working',
      'The keyboard is not working fine at all',
      'It was working fine but suddenly stopped responding',
      'error 503 on every page',
      'Crashes on start',
      'same issue here',
      'el servicio no funciona',
      'no me deja enviar mensajes',
      'se cayó la app',
      'não carrega aqui',
      'a loja caiu?',
      'en panne depuis ce matin',
      'ça ne marche plus, impossible d’accéder',
      'Störung? geht nicht',
      'lädt nicht mehr',
      'non funziona da stamattina',
      'è giù per tutti?',
      'storing? werkt niet meer',
      'nem működik',
      'nie działa, awaria?',
      'çöktü mü, açılmıyor',
      'не работает, сбой',
      'gak bisa login, gangguan ya?',
      'काम नहीं कर रहा',
      'کام نہیں کر رہا',
      'لا يعمل منذ ساعة',
      '用不了，崩了',
      '落ちてる?つながらない',
      '접속 안돼요',
    ]),
    ...rows('ok', [
      'works for me',
      'no problems here',
      'back online, thanks',
      'works fine, no errors',
      'a mí me funciona',
      'läuft bei mir',
      'marche chez moi',
      'voltou!',
      '恢复了',
    ]),
    ...rows('exposure', [
      "I can see somebody else's chats in my history",
      'my account shows another customer’s invoices',
      'these messages are not mine, why do I see them',
      'en mi cuenta aparecen datos de otra persona',
      'in meinem Konto stehen fremde Daten',
      'estou vendo as conversas de outra pessoa na minha conta',
      'je vois l’historique de quelqu’un d’autre',
      '我的账号里看到别人的聊天',
      'я вижу чужие чаты',
    ]),
    ...rows('rumour', [
      'was it hacked?',
      'probably a DDoS',
      'people say it was a cyber attack',
      '黑客攻击了吗',
      'это взлом?',
    ]),
    ...rows('quality', [
      'answers are much worse since today',
      'it only talks nonsense',
      'die Antworten sind heute deutlich schlechter',
    ]),
    ...rows('joke', ['guess I have to use my own brain', 'productivity of the world: 0', 'the shop is down 😂']),
    ...rows('spam', ['best VPN for streaming, 70 % off', 'giveaway live now']),
    ...rows('other', ['hello', 'the new colour is nice', '', '💤']),
  ])('%j says %s', (text, says) => expect(classify(text)).toBe(says))

  it.each([
    ["I'm going down, down, baby", 'complaint'],
    ['sit down and calm down', 'complaint'],
    ['my heart is broken, broken dreams', 'complaint'],
    ['download it from the website', 'complaint'],
    ["I can't complain, honestly", 'complaint'],
    ["I can't wait for the new season", 'complaint'],
    ['no errors, no outages, nothing', 'complaint'],
    ['nunca se cae, sin caídas', 'complaint'],
    ["we rent racks in somebody else's data center", 'exposure'],
    ["I rent racks in somebody else's data centre", 'exposure'],
    ['somebody else should pay the bill', 'exposure'],
    ["I heard people see other people's chats", 'exposure'],
    ["is it true that I could see another user's chats?", 'exposure'],
    ['life hacks for your kitchen', 'complaint'],
  ])('%j is no %s', (text, not) => expect(classify(text)).not.toBe(not))

  it('judges alike in upper case and within a longer text', () => {
    expect(classify('IS IT DOWN?')).toBe('complaint')
    expect(
      classify(`Good morning to all of you. ${'We went for a walk. '.repeat(50)} And now the app does not load.`),
    ).toBe('complaint')
  })
})
