/** Hands a text to the browser as a file to keep. It never is at an address of its own: those need the token. */
export function save(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const a = document.createElement('a')
  a.href = url
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // a browser may ask its user first
}

/** A name as part of a file's. */
export const fileName = (name: string, ending: string): string => `${name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60) || 'wemaps'}.${ending}`
