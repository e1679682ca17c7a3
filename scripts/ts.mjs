// Lets Node run the TypeScript of bench/ and lab/ in place: node --import ./scripts/ts.mjs bench/some.ts
// `./x.js` resolves to `./x.ts` where only that exists; worker threads inherit the flag.
import { register } from 'node:module'

register('./ts-hooks.mjs', import.meta.url)
