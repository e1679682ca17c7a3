import type { Html } from './html.js'

/** What stands for the owner of a status page instead of the workspace. */
export interface PageBrand {
  title: string
  href: string
  logo: string | null
  /** Address of a style sheet of its own; none, if not given. */
  css?: string
  /** What stands at the foot, before what is ours. */
  footer?: Html
}

/** A page without its frame. */
export interface Made {
  title: string
  description: string
  main: Html
  /** Services whose news makes it stale; empty: any. Null: it does not change. */
  live: string[] | null
  alternate: string
  /** The zone whose clock it shows, if it is not UTC. */
  zone?: string
  /** Where its own feeds begin, if they are others than the first status page's. */
  feeds?: string
  sheet?: string
  brand?: PageBrand
}
