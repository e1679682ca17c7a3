/** A part of a service that people can name. */
export interface Component {
  id: string
  name: string
  dependsOn?: string[]
}

/** What a service stands on; `service` names another watched service. */
export interface Dependency {
  id: string
  name: string
  service?: string
  dependsOn?: string[]
}
