export { Drive, speeds, type Progress } from './drive'
export { readTrack, TrackError, type Track, type TrackPoint } from './gpx'
export { OwnPosition, ownPosition } from './own'
export type { Problem, Reading } from './reading'
