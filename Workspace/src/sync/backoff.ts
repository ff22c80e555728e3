/** Full jitter: any moment up to the cap, so that a restarted server is not met by everybody at once. */
export const fullJitter = (attempt: number, random = Math.random, first = 500, most = 20_000): number =>
  Math.round(random() * Math.min(most, first * 2 ** Math.min(attempt, 20)))
