/**
 * Whether tests run in their long form: floods of full size, kills by the dozen. `npm run test:servers` does so; in the gate the same
 * tests are shorter.
 */
export const LONG: boolean = process.env['EPICENTER_LONG'] === '1'
