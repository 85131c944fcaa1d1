import type { MemberState } from '@wemaps/sdk'

import { nameOf } from '../state/status'

/** The mention that is being typed at the caret: where its @ is, and what follows it in lower case. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const m = /(?:^|[\s(])@([^\s@]{0,30})$/.exec(text.slice(0, caret))
  return m ? { start: caret - m[1]!.length - 1, query: m[1]!.toLocaleLowerCase() } : null
}

/** Ids of the members whom a text calls by @name. */
export function mentionsIn(text: string, members: readonly MemberState[]): string[] {
  const ids: string[] = []
  let rest = text
  // The longest names first: “@Ana Maria” calls Ana Maria and not Ana.
  for (const m of [...members].sort((a, b) => nameOf(b).length - nameOf(a).length)) {
    const mark = `@${nameOf(m)}`
    if (!rest.includes(mark)) continue
    ids.push(m.userId)
    rest = rest.replaceAll(mark, ' ')
  }
  return ids
}
