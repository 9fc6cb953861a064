/** Metrics as a scraper reads them. */
export interface MetricsPage {
  readonly contentType: string;
  /** The page for a scraper. */
  render(): Promise<string>;
}
