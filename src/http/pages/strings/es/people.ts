import type { PeopleStrings } from '../en/people.js'
import { plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('es')
const reports = (n: Count) => some(n, { one: `${n} informe`, many: `${n} de informes`, other: `${n} informes` })

export const esPeople: PeopleStrings = {
  justMe: {
    title: '¿Soy solo yo?',
    lead: 'Elige lo que encaje contigo y compara. Tu elección no se guarda.',
    guessed: 'Deducido de tu conexión y tu navegador; cámbialo si no es correcto.',
    part: 'Parte del servicio',
    any: 'Cualquiera',
    compare: 'Comparar',
    notJustYou: where => `No eres solo tú: otras personas también lo notan (${where}).`,
    elsewhere: where => `Otras personas notan problemas, pero pocas aquí (${where}). Puede ser algo cerca de ti.`,
    everywhere: 'No eres solo tú: otras personas también notan problemas.',
    few: where => `Pocas personas más lo notan (${where}). Puede ser algo cerca de ti.`,
    fewAnywhere: 'Pocas personas más notan problemas. Puede ser algo cerca de ti.',
    tooFew: where =>
      `Otras personas notan problemas. Desde aquí informa tan poca gente que no se puede saber si te alcanza (${where}).`,
    unknown: 'No podemos saberlo: ahora mismo se sabe demasiado poco de este servicio.',
    row: (bad, usual) => `${reports(bad)} de problemas en la última hora; lo habitual: ${usual}`,
    rowUnusual: (bad, ratio) => `${reports(bad)} de problemas en la última hora, ${ratio} lo habitual`,
    rowFew: 'menos de 3 informes de problemas en la última hora',
    others: 'Los demás',
    rule: 'Informes de la última hora frente a lo que las mismas personas suelen enviar. El doble o más, y al menos 3 informes: «también lo notan».',
    network: 'Tu red',
    hit: where => `Un incidente abierto afecta a donde estás: ${where}.`,
    spared: where => `Hay un incidente abierto, pero esto se ve bien: ${where}.`,
    link: 'Comparar con personas como tú',
    private: 'No se guarda tu dirección ni tu elección, y esta página no se almacena por el camino.',
  },

  samples: {
    title: 'Qué escribe la gente',
    note: 'De la última hora, sin comprobar. Se eligen por regla: al menos 3 personas de redes distintas dicen lo mismo y cada palabra mostrada la escribieron 3 de ellas; el resto se omite como «…». Direcciones, números y nombres de cuenta nunca entran.',
    people: n => some(n, { one: `${n} persona`, many: `${n} de personas`, other: `${n} personas` }),
  },

  tell: {
    ask: 'Avísame cuando vuelva donde estoy',
    note: 'Un solo mensaje a este navegador. Lo que elegiste (país, dispositivo, parte) se guarda dos días; tu dirección, nunca.',
    on: 'Listo. Recibirás un mensaje cuando parezca haber vuelto donde estás.',
    refused: 'Este navegador no permite mensajes aquí.',
    follow: 'Para seguirlo sin mensajes hay',
    feed: 'un canal con todos los incidentes',
    titleHere: service => `${service} parece haber vuelto donde estás`,
    title: service => `${service} parece haber vuelto a la normalidad`,
    body: '¿Te funciona de nuevo? Basta un toque.',
  },

  back: {
    title: service => `¿Te funciona ${service} de nuevo?`,
    lead: 'Lo que vemos dice que sí. Tu respuesta muestra si es cierto, y se cuenta.',
    yes: 'Sí, vuelve a funcionar',
    no: 'No, sigue el problema',
    thanks: 'Gracias. Tu respuesta se ha contado.',
    used: 'Esta pregunta ya se respondió o es demasiado antigua. Aún puedes informar en la página del servicio.',
    toService: service => `Cómo está ${service}`,
    said: (n, share) =>
      some(n, {
        one: `De ${n} persona consultada, el ${share} dice que ha vuelto.`,
        many: `De ${n} de personas consultadas, el ${share} dice que ha vuelto.`,
        other: `De ${n} personas consultadas, el ${share} dice que ha vuelto.`,
      }),
  },

  check: {
    title: 'Un paso más',
    lead: seconds =>
      `Ahora mismo llegan muchísimos informes sospechosos. Para que el tuyo cuente, espera ${seconds} y pulsa el botón.`,
    press: 'Contar mi informe',
    early: 'Ha sido demasiado pronto o demasiado tarde. Espera un poco y vuelve a pulsar.',
    working: 'Comprobando que es un navegador real; tarda un momento…',
  },
}
