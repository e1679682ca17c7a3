/** A part of a service that people can name. */
export interface Component {
  id: string
  name: string
  dependsOn?: string[]
}

/** Codes of edges that people may quote (`LHR`), with the cell that serves them. */
export interface Edge {
  cell: string
  codes: string[]
}

/** What a service stands on; `service` names another watched service. */
export interface Dependency {
  id: string
  name: string
  service?: string
  dependsOn?: string[]
}
