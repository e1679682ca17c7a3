import { describe, expect, it } from 'vitest'
import { languageOf } from './language.js'

describe('the language of a text', () => {
  it.each([
    ['en', 'The sky is blue because of the way that light is scattered by the air.'],
    ['de', 'Der Himmel ist blau, weil die Luft das Licht nicht in allen Farben gleich streut.'],
    ['fr', 'Le ciel est bleu parce que les molécules de l’air diffusent la lumière dans toutes les directions.'],
    ['es', 'El cielo es azul porque las moléculas del aire dispersan la luz con más fuerza.'],
    ['pt', 'O céu é azul porque as moléculas do ar espalham mais a luz; não é uma questão de cor, mas também da luz.'],
    ['it', 'Il cielo è blu perché le molecole di aria diffondono la luce, e questo è anche il motivo della sera.'],
    ['nl', 'De lucht is blauw, want het licht wordt door een gas verstrooid en dat is ook niet voor elke kleur zo.'],
    ['id', 'Langit berwarna biru karena cahaya yang datang dari matahari dihamburkan oleh udara dengan kuat.'],
    ['ja', '空が青いのは光が散乱するからです。'],
    ['zh', '天空是蓝色的，因为空气散射短波光。'],
    ['ko', '하늘이 파란 이유는 빛이 산란되기 때문입니다.'],
    ['ru', 'Небо голубое, потому что воздух рассеивает свет.'],
    ['ar', 'السماء زرقاء لأن الهواء يشتت الضوء.'],
    ['hi', 'आकाश नीला है क्योंकि हवा प्रकाश को बिखेरती है।'],
  ])('%s', (language, text) => {
    expect(languageOf(text)).toBe(language)
  })
  it('is not guessed from little', () => {
    for (const text of ['', '42', 'OK', 'Rayleigh', 'SELECT 1;']) expect(languageOf(text)).toBeNull()
  })
})
