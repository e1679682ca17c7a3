/**
 * What people choose most: words that lead the published lists of breached passwords (such as "10 million passwords" in SecLists, MIT),
 * and what this product is called. Passwords of twelve characters and more in such lists are nearly all put together of these, of
 * walks over the keyboard, of counting and of repeating; so they are told by that, and no list of millions is shipped or asked over the
 * network.
 */
const WORDS =
  `password passwort passw0rd contrasena motdepasse parola qwerty qwertz azerty letmein welcome willkommen bienvenue admin administrator
  root login master iloveyou loveyou monkey dragon football baseball basketball soccer sunshine princess superman batman spiderman
  pokemon starwars trustno shadow michael jennifer jessica charlie jordan hunter ranger buster thomas robert daniel andrew ashley
  nicole summer winter spring autumn secret changeme default test testing hello freedom whatever computer internet samsung google
  apple facebook mustang ferrari porsche harley cookie chocolate cheese pepper ginger flower butterfly angel family forever love
  please access pass user guest public private temp qazwsx zxcvbnm asdfgh epicenter incident status console outage oncall pager`
    .split(/\s+/)
    .sort((a, b) => b.length - a.length)
/** Rows and columns of keyboards, digits and letters in their order. */
const WALKS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'a1b2c3d4e5f6g7h8',
  '!@#$%^&*()',
].flatMap(walk => [walk, [...walk].reverse().join('')])
/** A walk that is shorter may be chance. */
const WALK_LEAST = 3
/** So many characters have to be left besides: about what a random word adds. */
const LEFT_LEAST = 5
const LEET: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '0': 'o',
  $: 's',
  '5': 's',
  '1': 'i',
  '!': 'i',
  '7': 't',
}

/**
 * Whether a password is put together of what everybody chooses.
 *
 * @example
 * isCommon('Passw0rd123456') // => true
 * isCommon('correct horse battery') // => false
 */
export function isCommon(password: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase()
  const letters = [...plain].map(each => LEET[each] ?? each).join('')
  return [plain, letters].some(text => leftOf(text) < LEFT_LEAST)
}

/** How many different characters are left at the least once common parts are taken out. */
function leftOf(text: string): number {
  let rest = ''
  for (let at = 0; at < text.length; ) {
    const length = Math.max(wordAt(text, at), walkAt(text, at), repeatAt(text, at), yearAt(text, at))
    if (length === 0) rest += text[at]
    at += Math.max(1, length)
  }
  return new Set(rest).size
}

const wordAt = (text: string, at: number): number => WORDS.find(each => text.startsWith(each, at))?.length ?? 0

function walkAt(text: string, at: number): number {
  let longest = 0
  for (const walk of WALKS) {
    let from = walk.indexOf(text.slice(at, at + WALK_LEAST))
    if (text.length - at < WALK_LEAST || from < 0) continue
    let length = 0
    while (from < walk.length && at + length < text.length && walk[from] === text[at + length]) {
      from++
      length++
    }
    longest = Math.max(longest, length)
  }
  return longest
}

/** What stood just before, once more: `abcabc`, `haha`, `1111`. */
function repeatAt(text: string, at: number): number {
  for (let size = Math.min(at, 12); size > 0; size--)
    if (text.slice(at - size, at) === text.slice(at, at + size)) return size
  return 0
}

const yearAt = (text: string, at: number): number => (/^(?:19|20)\d\d/.test(text.slice(at, at + 4)) ? 4 : 0)
