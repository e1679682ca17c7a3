/**
 * What countries lie in, so that trouble of a whole part of the world is seen where each of its countries is too small to show it. Sub-regions
 * and continents as the United Nations draw them (standard country codes M49, unstats.un.org/unsd/methodology/m49), codes as in ISO 3166-1;
 * the Americas are two continents here, for networks and data centres serve them as two.
 */
const PARTS: readonly [continent: string, part: string, countries: string][] = [
  ['Africa', 'Northern Africa', 'DZ EG EH LY MA SD TN'],
  ['Africa', 'Eastern Africa', 'BI DJ ER ET KE KM MG MU MW MZ RE RW SC SO SS TZ UG YT ZM ZW'],
  ['Africa', 'Middle Africa', 'AO CD CF CG CM GA GQ ST TD'],
  ['Africa', 'Southern Africa', 'BW LS NA SZ ZA'],
  ['Africa', 'Western Africa', 'BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG'],
  ['North America', 'Caribbean', 'AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI'],
  ['North America', 'Central America', 'BZ CR GT HN MX NI PA SV'],
  ['North America', 'Northern America', 'BM CA GL PM US'],
  ['South America', 'South America', 'AR BO BR CL CO EC FK GF GY PE PY SR UY VE'],
  ['Asia', 'Central Asia', 'KG KZ TJ TM UZ'],
  ['Asia', 'Eastern Asia', 'CN HK JP KP KR MN MO TW'],
  ['Asia', 'South-eastern Asia', 'BN ID KH LA MM MY PH SG TH TL VN'],
  ['Asia', 'Southern Asia', 'AF BD BT IN IR LK MV NP PK'],
  ['Asia', 'Western Asia', 'AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE'],
  ['Europe', 'Eastern Europe', 'BG BY CZ HU MD PL RO RU SK UA'],
  ['Europe', 'Northern Europe', 'AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ'],
  ['Europe', 'Southern Europe', 'AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK'],
  ['Europe', 'Western Europe', 'AT BE CH DE FR LI LU MC NL'],
  ['Oceania', 'Australia and New Zealand', 'AU NZ'],
  ['Oceania', 'Pacific islands', 'AS CK FJ FM GU KI MH MP NC NR NU PF PG PN PW SB TK TO TV VU WF WS'],
]

const OF_COUNTRY = new Map(
  PARTS.flatMap(([continent, part, countries]) =>
    countries.split(' ').map((code): [string, { continent: string; part: string }] => [code, { continent, part }]),
  ),
)

/** Continent and part of it in which a country lies; null for a code that is none. */
export const partOfWorld = (country: string): { continent: string; part: string } | null =>
  OF_COUNTRY.get(country.toUpperCase()) ?? null
