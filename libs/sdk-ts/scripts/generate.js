// Writes the types of what is said over REST and over sockets, from the two documents that the edge serves. With
// --check it writes nothing, and fails if something would change.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { compile } from 'json-schema-to-typescript'
import openapiTS, { astToString } from 'openapi-typescript'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const head = (of) => `// Generated from libs/wire/${of} by "npm run generate". Do not edit.\n\n`

async function rest() {
  const document = JSON.parse(readFileSync(here('../../wire/openapi.json'), 'utf8'))
  return head('openapi.json') + astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }))
}

async function sockets() {
  const document = JSON.parse(readFileSync(here('../../wire/asyncapi.json'), 'utf8'))
  const { messages, schemas } = document.components
  const heard = new Set(document.operations.tell.messages.map((m) => m.$ref.split('/').pop()))
  const side = (wanted) => Object.entries(messages).filter(([name]) => heard.has(name) === wanted)
  const events = (list) => ({
    type: 'object',
    additionalProperties: false,
    required: list.map(([name]) => name),
    properties: Object.fromEntries(list.map(([name, m]) => [name, m.payload ? { description: m.summary, ...m.payload } : { type: 'object', description: m.summary }])),
  })
  const schema = JSON.parse(JSON.stringify({
    type: 'object',
    additionalProperties: false,
    required: ['heard', 'said'],
    properties: { heard: events(side(true)), said: events(side(false)) },
    $defs: schemas,
  }).replaceAll('#/components/schemas/', '#/$defs/'))
  const text = await compile(schema, 'Sockets', { bannerComment: '', additionalProperties: false, format: true,
    style: { semi: false, singleQuote: true, printWidth: 120 } })
  return head('asyncapi.json') + text
}

let stale = false
for (const [name, text] of [['rest', await rest()], ['sockets', await sockets()]]) {
  const file = here(`../src/generated/${name}.ts`)
  let old = ''
  try {
    old = readFileSync(file, 'utf8')
  } catch {
    // it is not there yet
  }
  if (old === text) continue
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
    continue
  }
  stale = true
  console.error(`src/generated/${name}.ts is older than the documents: run "npm run generate" in libs/sdk-ts`)
}
process.exit(stale ? 1 : 0)
