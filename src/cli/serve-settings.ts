/** How often certificate files are looked at, in milliseconds. */
export const certificatePollMs = 10_000;
/** How many sample reviews are answered before the first real one: three times as many make that one no faster. */
export const warmUpReviews = 100;
