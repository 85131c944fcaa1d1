/** Where this device is, by whatever tells it. */
export interface Reading {
  latitude: number
  longitude: number
  /** Metres. */
  accuracy?: number
  /** Metres per second. */
  speed?: number
  /** Degrees from north. */
  heading?: number
  /** Metres. */
  altitude?: number
  /** When it was measured, ms since 1970. */
  at: number
}

/** Why there is no position. The page has words for each. */
export type Problem = 'unsupported' | 'insecure' | 'denied' | 'unavailable' | 'timeout'
