// The example in the README works as it is written there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const url = process.env.WEMAPS_URL

it.skipIf(!url)('the example of the README', { timeout: 30_000 }, async () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(here('../README.md'), 'utf8'))![1]!
  const dir = mkdtempSync(here('example-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = `${dir}/example.ts`
  writeFileSync(file, code.replace('@wemaps/sdk', here('../src/index.js')).replace('http://localhost:8080', url!) + '\nexport { live, room, hello }\n')
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { live, room, hello } = (await import(file)) as { live: { close(): void }; room: { messages: readonly { content: string }[] }; hello: { state: string } }
  onTestFinished(() => live.close())
  await vi.waitFor(() => expect(hello.state).toBe('sent'), { timeout: 15_000 })
  await vi.waitFor(() => expect(room.messages.map((m) => m.content)).toContain('I am nearly there'), { timeout: 15_000 })
  expect(log.mock.calls.flat().join(' ')).toMatch(/friends join with [A-Z0-9]{6}/)
})
