/** What something costs, by the list prices of the table that it is looked up in. */
export interface Price {
  /** The item of the cloud's price table: `eks-cluster`. */
  readonly item: string;
  /** How many units: hours are counted as 730 a month. */
  readonly quantity: number;
}

/** List prices of one cloud. They exclude traffic, requests, logs and tax, and every discount. */
export interface PriceTable {
  /** The month they were looked up in: `2026-11`. */
  readonly date: string;
  /** ISO 4217. */
  readonly currency: 'USD';
  readonly items: Readonly<Record<string, PriceItem>>;
}

/** One line of a price table. */
export interface PriceItem {
  /** As people say it: `control plane of a cluster`. */
  readonly text: string;
  /** For a month (730 hours) and one unit. */
  readonly monthly: number;
  /** What one unit is: `GB`, `address`. */
  readonly unit?: string;
  /** Where the figure is from: a page of the vendor's, or `from memory`. */
  readonly source: string;
}
