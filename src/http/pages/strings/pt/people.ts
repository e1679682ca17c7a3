import type { PeopleStrings } from '../en/people.js'
import { plurals, type Count } from '../plural.js'

const some = plurals<'one' | 'many'>('pt-BR')
const reports = (n: Count) => some(n, { one: `${n} relato`, many: `${n} de relatos`, other: `${n} relatos` })

export const ptPeople: PeopleStrings = {
  justMe: {
    title: 'Sou só eu?',
    lead: 'Escolha o que combina com você e compare. Sua escolha não é guardada.',
    guessed: 'Deduzido da sua conexão e do seu navegador; mude se estiver errado.',
    part: 'Parte do serviço',
    any: 'Qualquer',
    compare: 'Comparar',
    notJustYou: where => `Não é só você: outras pessoas também relatam (${where}).`,
    elsewhere: where => `Outras pessoas relatam problemas, mas poucas aqui (${where}). Pode ser algo perto de você.`,
    everywhere: 'Não é só você: outras pessoas também relatam problemas.',
    few: where => `Poucas outras pessoas relatam (${where}). Pode ser algo perto de você.`,
    fewAnywhere: 'Poucas outras pessoas relatam problemas. Pode ser algo perto de você.',
    tooFew: where =>
      `Outras pessoas relatam problemas. Daqui tão poucas relatam que não dá para saber se chega até você (${where}).`,
    unknown: 'Não dá para saber: sabe-se muito pouco deste serviço no momento.',
    row: (bad, usual) => `${reports(bad)} de problemas na última hora; habitual: ${usual}`,
    rowUnusual: (bad, ratio) => `${reports(bad)} de problemas na última hora, ${ratio} o habitual`,
    rowFew: 'menos de 3 relatos de problemas na última hora',
    others: 'As demais pessoas',
    rule: 'Relatos da última hora em relação ao que as mesmas pessoas costumam enviar. O dobro ou mais, e pelo menos 3 relatos: “também relatam”.',
    network: 'Sua rede',
    hit: where => `Um incidente aberto atinge onde você está: ${where}.`,
    spared: where => `Há um incidente aberto, mas isto está funcionando: ${where}.`,
    link: 'Comparar com pessoas como você',
    private: 'Seu endereço e sua escolha não são guardados, e esta página não é armazenada no caminho.',
  },

  samples: {
    title: 'O que as pessoas escrevem',
    note: 'Da última hora, sem verificação. Escolhidos por regra: ao menos 3 pessoas de redes diferentes dizem o mesmo, e cada palavra mostrada foi escrita por 3 delas; o resto fica de fora como “…”. Endereços, números e nomes de conta nunca entram.',
    people: n => some(n, { one: `${n} pessoa`, many: `${n} de pessoas`, other: `${n} pessoas` }),
  },

  tell: {
    ask: 'Avise-me quando voltar onde estou',
    note: 'Uma única mensagem para este navegador. O que você escolheu (país, aparelho, parte) fica guardado por dois dias; seu endereço, nunca.',
    on: 'Pronto. Você receberá uma mensagem quando parecer ter voltado onde você está.',
    refused: 'Este navegador não permite mensagens aqui.',
    follow: 'Para acompanhar sem mensagens, há',
    feed: 'um feed com todos os incidentes',
    titleHere: service => `${service} parece ter voltado onde você está`,
    title: service => `${service} parece ter voltado ao normal`,
    body: 'Voltou para você? Um toque nos diz.',
  },

  back: {
    title: service => `${service} voltou para você?`,
    lead: 'O que vemos diz que sim. Sua resposta mostra se é verdade e é contada.',
    yes: 'Sim, voltou a funcionar',
    no: 'Não, o problema continua',
    thanks: 'Obrigado. Sua resposta foi contada.',
    used: 'Esta pergunta já foi respondida ou é antiga demais. Você ainda pode relatar na página do serviço.',
    toService: service => `Como está ${service}`,
    said: (n, share) =>
      some(n, {
        one: `De ${n} pessoa consultada, ${share} dizem que voltou.`,
        many: `De ${n} de pessoas consultadas, ${share} dizem que voltou.`,
        other: `De ${n} pessoas consultadas, ${share} dizem que voltou.`,
      }),
  },

  check: {
    title: 'Mais um passo',
    lead: seconds =>
      `Muitos relatos suspeitos estão chegando agora. Para que o seu conte, espere ${seconds} e aperte o botão.`,
    press: 'Contar meu relato',
    early: 'Foi cedo ou tarde demais. Espere um pouco e aperte de novo.',
    working: 'Mostrando que este é um navegador de verdade; leva um instante…',
  },
}
