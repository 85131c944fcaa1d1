import { WeMaps } from '@wemaps/sdk'

/** The one client of this page. The session survives in this browser, and nowhere else. */
export const wm = new WeMaps({
  url: location.origin,
  storage: {
    get: (key) => localStorage.getItem(key),
    set: (key, value) => localStorage.setItem(key, value),
    remove: (key) => localStorage.removeItem(key),
  },
})
