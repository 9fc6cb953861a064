/** How often certificate files are looked at, in milliseconds. */
export const certificatePollMs = 10_000;
/** How many sample reviews are answered before the first real one. */
export const warmUpReviews = 300;
