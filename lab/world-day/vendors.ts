/**
 * The vendors of a group of the catalogue at one address of this machine, by HTTPS, in a network of its own (lab/watch.servers.ts).
 *   node --import ./scripts/ts.mjs lab/world-day/vendors.ts GROUP ADDRESS CERT KEY
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { choose } from '../../src/shell/catalogue/choose.js'
import { filesOf } from '../../src/shell/catalogue/files.js'
import { readCatalogue } from '../../src/shell/catalogue/read.js'
import { answersOf } from './pages.js'

const [group = '', address = '', cert = '', key = ''] = process.argv.slice(2)
const { entries } = choose(readCatalogue(filesOf(), null).catalogue, group)
const answers = answersOf(entries, Date.now())
createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, answer) => {
  const body = answers.get(`https://${request.headers.host}${request.url}`)
  answer.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body ?? 'no')
}).listen(443, address, () => console.log('ready'))
