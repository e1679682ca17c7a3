/** An instance among others: by its name in what it lends, and by its address for readers, where one is configured. */
export interface Self {
  instance: string
  url: string | null
}
