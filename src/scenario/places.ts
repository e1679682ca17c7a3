/** Three large cities and the usual language of a country, so that simulated reports look like ones from there. */
interface Place {
  cities: readonly string[]
  lang: string
}

const place = (lang: string, ...cities: string[]): Place => ({ lang, cities })

const PLACES: Readonly<Record<string, Place>> = {
  AE: place('ar', 'Dubai', 'Abu Dhabi', 'Sharjah'),
  AR: place('es', 'Buenos Aires', 'Córdoba', 'Rosario'),
  AT: place('de', 'Vienna', 'Graz', 'Linz'),
  AU: place('en', 'Sydney', 'Melbourne', 'Brisbane'),
  BD: place('bn', 'Dhaka', 'Chittagong', 'Khulna'),
  BE: place('fr', 'Brussels', 'Antwerp', 'Ghent'),
  BR: place('pt', 'São Paulo', 'Rio de Janeiro', 'Brasília'),
  CA: place('en', 'Toronto', 'Montreal', 'Vancouver'),
  CH: place('de', 'Zurich', 'Geneva', 'Basel'),
  CL: place('es', 'Santiago', 'Valparaíso', 'Concepción'),
  CO: place('es', 'Bogotá', 'Medellín', 'Cali'),
  CZ: place('cs', 'Prague', 'Brno', 'Ostrava'),
  DE: place('de', 'Berlin', 'Hamburg', 'Munich'),
  DK: place('da', 'Copenhagen', 'Aarhus', 'Odense'),
  EG: place('ar', 'Cairo', 'Alexandria', 'Giza'),
  ES: place('es', 'Madrid', 'Barcelona', 'Valencia'),
  FI: place('fi', 'Helsinki', 'Espoo', 'Tampere'),
  FR: place('fr', 'Paris', 'Marseille', 'Lyon'),
  GB: place('en', 'London', 'Manchester', 'Birmingham'),
  HK: place('zh', 'Hong Kong', 'Kowloon', 'Sha Tin'),
  HU: place('hu', 'Budapest', 'Debrecen', 'Szeged'),
  ID: place('id', 'Jakarta', 'Surabaya', 'Bandung'),
  IE: place('en', 'Dublin', 'Cork', 'Galway'),
  IL: place('he', 'Tel Aviv', 'Jerusalem', 'Haifa'),
  IN: place('en', 'Mumbai', 'Delhi', 'Bengaluru'),
  IT: place('it', 'Rome', 'Milan', 'Naples'),
  JP: place('ja', 'Tokyo', 'Osaka', 'Nagoya'),
  KE: place('en', 'Nairobi', 'Mombasa', 'Kisumu'),
  KR: place('ko', 'Seoul', 'Busan', 'Incheon'),
  LK: place('si', 'Colombo', 'Kandy', 'Galle'),
  MX: place('es', 'Mexico City', 'Guadalajara', 'Monterrey'),
  MY: place('ms', 'Kuala Lumpur', 'Johor Bahru', 'Penang'),
  NG: place('en', 'Lagos', 'Abuja', 'Kano'),
  NL: place('nl', 'Amsterdam', 'Rotterdam', 'Utrecht'),
  NO: place('no', 'Oslo', 'Bergen', 'Trondheim'),
  NZ: place('en', 'Auckland', 'Wellington', 'Christchurch'),
  PH: place('en', 'Manila', 'Cebu', 'Davao'),
  PK: place('ur', 'Karachi', 'Lahore', 'Islamabad'),
  PL: place('pl', 'Warsaw', 'Kraków', 'Gdańsk'),
  PT: place('pt', 'Lisbon', 'Porto', 'Braga'),
  SE: place('sv', 'Stockholm', 'Gothenburg', 'Malmö'),
  SG: place('en', 'Singapore', 'Jurong', 'Tampines'),
  TH: place('th', 'Bangkok', 'Chiang Mai', 'Pattaya'),
  TR: place('tr', 'Istanbul', 'Ankara', 'Izmir'),
  TW: place('zh', 'Taipei', 'Kaohsiung', 'Taichung'),
  UA: place('uk', 'Kyiv', 'Kharkiv', 'Odesa'),
  US: place('en', 'New York', 'Los Angeles', 'Chicago'),
  VN: place('vi', 'Ho Chi Minh City', 'Hanoi', 'Da Nang'),
  ZA: place('en', 'Johannesburg', 'Cape Town', 'Durban'),
}

/** Null for a country that is not in the table: its reports go without a city. */
export function placeOf(country: string): Place | null {
  return PLACES[country] ?? null
}
