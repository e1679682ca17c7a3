import { createRequire } from 'node:module'
import { geoNaturalEarth1, geoPath, type GeoContext, type GeoPermissibleObjects } from 'd3-geo'
import { feature, merge, mesh } from 'topojson-client'
import type { GeometryCollection, MultiPolygon, Polygon, Topology } from 'topojson-specification'

/** Width of the drawing in its own units. Corners are whole units, which is half a pixel on a phone. */
const WIDTH = 720
/** Corners that span less than this many square units are dropped: 8,246 corners become about 3,800, 5 KB compressed. */
const CORNER_AREA = 1.5
/** Islands smaller than this many square units are dropped. */
const RING_AREA = 3
/** Natural Earth's 110m map leaves out small countries; they are drawn as dots. [longitude, latitude] */
const DOTS: Record<string, [number, number]> = {
  BH: [50.55, 26.05],
  BB: [-59.55, 13.15],
  CV: [-23.6, 15.1],
  HK: [114.15, 22.3],
  MO: [113.55, 22.2],
  MT: [14.4, 35.9],
  MU: [57.55, -20.3],
  MV: [73.5, 4.2],
  RE: [55.5, -21.1],
  SG: [103.8, 1.35],
  AD: [1.6, 42.5],
  MC: [7.4, 43.7],
  LI: [9.55, 47.15],
  SM: [12.45, 43.95],
  GI: [-5.35, 36.15],
  GP: [-61.55, 16.25],
  MQ: [-61, 14.65],
  CW: [-68.95, 12.2],
  GU: [144.8, 13.45],
  WS: [-172.1, -13.75],
}
const ANTARCTICA = '010'

type Point = [number, number]
type Ring = Point[]

export interface WorldMap {
  viewBox: string
  /** All land, one path. */
  land: string
  /** Borders between countries, one path. */
  borders: string
  /** Outline of a country by its two-letter code; null where the map has none. */
  shape(code: string): string | null
  /** Middle of the dot of a country that is too small for an outline. */
  dot(code: string): Point | null
}

let drawn: WorldMap | null = null

/** The world, projected and simplified once per process (about 50 ms). Simplified arc by arc, so neighbours still meet. */
export function worldMap(): WorldMap {
  drawn ??= draw()
  return drawn
}

function draw(): WorldMap {
  const source = createRequire(import.meta.url)('world-atlas/countries-110m.json') as Topology<{
    countries: GeometryCollection<{ name: string }>
  }>
  // Precision 0: no corners are added between ours; the cut at the antimeridian stays.
  const projection = geoNaturalEarth1().fitWidth(WIDTH, { type: 'Sphere' }).precision(0)
  const project = (point: Point): Point => projection(point) ?? [0, 0]
  const countries = {
    ...source.objects.countries,
    geometries: source.objects.countries.geometries.filter(each => each.id !== ANTARCTICA),
  }
  const arcs = decode(source).map(arc => simplify(arc, project))
  const topology: Topology = { type: 'Topology', arcs, objects: { countries } }
  const land = merge(topology, countries.geometries as (Polygon | MultiPolygon)[])
  const borders = mesh(topology, countries, (a, b) => a !== b)
  const lines = (shape: GeoPermissibleObjects) => collect(context => geoPath(projection, context)(shape))
  const shapes = new Map<string, string>()
  for (const each of feature(topology, countries).features) {
    const code = alpha2(String(each.id ?? ''))
    if (code) shapes.set(code, closed(lines(each), 0))
  }
  const top = project([0, 84])[1]
  const bottom = project([0, -57])[1]
  return {
    viewBox: `0 ${Math.floor(top)} ${WIDTH} ${Math.ceil(bottom - top)}`,
    land: closed(lines(land), RING_AREA),
    borders: lines(borders)
      .map(line => path(line))
      .join(''),
    shape: code => shapes.get(code) ?? null,
    dot: code => {
      const place = Object.hasOwn(DOTS, code) ? DOTS[code] : undefined
      return place ? (project(place).map(Math.round) as Point) : null
    },
  }
}

/** What d3-geo draws, as lists of whole corners. */
function collect(draw: (context: GeoContext) => void): Ring[] {
  const rings: Ring[] = []
  const add = (x: number, y: number) => rings.at(-1)?.push([Math.round(x), Math.round(y)])
  draw({
    beginPath: () => {},
    moveTo: (x, y) => {
      rings.push([])
      add(x, y)
    },
    lineTo: add,
    arc: () => {},
    closePath: () => {},
  })
  return rings
}

/** ISO 3166 numeric to two letters; the table is Unicode's list of region aliases, which the runtime carries. */
function alpha2(numeric: string): string | null {
  if (!/^\d{3}$/.test(numeric)) return null
  const region = new Intl.Locale(`und-${numeric}`).region
  return region && /^[A-Z]{2}$/.test(region) ? region : null
}

/** Quantized, delta-coded arcs as longitude and latitude: https://github.com/topojson/topojson-specification#212-transforms */
function decode(topology: Topology): Point[][] {
  const { scale, translate } = topology.transform ?? { scale: [1, 1], translate: [0, 0] }
  return topology.arcs.map(arc => {
    let x = 0
    let y = 0
    return arc.map(delta => {
      x += delta[0] as number
      y += delta[1] as number
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]]
    })
  })
}

/**
 * Visvalingam's line simplification: drops the corner of least drawn area again and again. The ends stay, so shared arcs
 * join. O(n²) for an arc; the longest has a few hundred corners.
 */
function simplify(line: Ring, project: (point: Point) => Point): Ring {
  const kept = line.slice()
  const drawn = line.map(project)
  const first = line[0] as Point
  const last = line.at(-1) as Point
  const fewest = first[0] === last[0] && first[1] === last[1] ? 4 : 2
  while (kept.length > fewest) {
    let least = Number.POSITIVE_INFINITY
    let at = 0
    for (let i = 1; i < kept.length - 1; i++) {
      const size = area([drawn[i - 1] as Point, drawn[i] as Point, drawn[i + 1] as Point])
      if (size < least) [least, at] = [size, i]
    }
    if (least > CORNER_AREA) break
    kept.splice(at, 1)
    drawn.splice(at, 1)
  }
  return kept
}

function area(ring: Ring): number {
  let twice = 0
  let [px, py] = ring.at(-1) as Point
  for (const [x, y] of ring) {
    twice += px * y - x * py
    ;[px, py] = [x, y]
  }
  return Math.abs(twice) / 2
}

function closed(rings: Ring[], least: number): string {
  const large = rings.filter(ring => area(ring) > least)
  return large.map(ring => `${path(ring)}z`).join('')
}

/** `M x y l dx dy …` in whole numbers, with no space before a minus sign. */
function path(line: Ring): string {
  let [x, y] = line[0] as Point
  let out = `M${x}${y < 0 ? '' : ' '}${y}l`
  for (const [nextX, nextY] of line.slice(1)) {
    const dx = nextX - x
    const dy = nextY - y
    if (dx === 0 && dy === 0) continue
    out += `${dx < 0 || out.endsWith('l') ? '' : ' '}${dx}${dy < 0 ? '' : ' '}${dy}`
    ;[x, y] = [nextX, nextY]
  }
  return out.endsWith('l') ? out.slice(0, -1) : out
}
