import type { ChatMessage, MemberState } from '@wemaps/sdk'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

import { t } from '../i18n'
import type { RoomStore } from '../state/room'
import { nameOf } from '../state/status'
import { attempt } from '../state/toasts'
import { holds } from '../state/version'
import { Avatar, IconButton } from '../ui/kit'
import { mentionAt, mentionsIn } from './mentions'

const longest = 2000 // characters, as the server counts
const typingEvery = 2500 // ms

/** What was begun and not sent, by room: it survives a look at something else. */
const drafts = new Map<string, string>()
holds(() => [...drafts.values()].some((text) => text.trim() !== ''))

interface Props {
  store: RoomStore
  reply: ChatMessage | null
  editing: ChatMessage | null
  /** There is nothing to reply to or to edit any more. */
  onDone: () => void
  onFocus: () => void
  /** The last own message that can be edited. */
  onEditLast: () => void
}

export function Composer({ store, reply, editing, onDone, onFocus, onEditLast }: Props) {
  const [text, setText] = useState(() => drafts.get(store.live.id) ?? '')
  const [caret, setCaret] = useState(0)
  const [active, setActive] = useState(0)
  const [dismissed, setDismissed] = useState(false)
  const area = useRef<HTMLTextAreaElement>(null)
  const typed = useRef(0)
  const list = useId()

  useEffect(() => {
    if (!editing && !reply) return
    if (editing) setText(editing.content)
    area.current?.focus()
  }, [editing, reply])
  useEffect(() => void (!editing && drafts.set(store.live.id, text)), [text, editing])

  const over = [...text.trim()].length - longest
  const at = dismissed ? null : mentionAt(text, caret)
  const found = at ? others(store).filter((m) => fits(m, at.query)).slice(0, 5) : []

  const typing = (on: boolean) => {
    const now = Date.now()
    if (on && now - typed.current < typingEvery) return
    if (!on && typed.current === 0) return
    typed.current = on ? now : 0
    store.live.typing(on)
  }
  const change = (e: { currentTarget: HTMLTextAreaElement }) => {
    setText(e.currentTarget.value)
    setCaret(e.currentTarget.selectionStart)
    setDismissed(false)
    setActive(0)
    if (!editing) typing(e.currentTarget.value.trim() !== '')
  }
  const pick = (m: MemberState) => {
    const before = `${text.slice(0, at!.start)}@${nameOf(m)} `
    setText(before + text.slice(caret))
    setCaret(before.length)
    requestAnimationFrame(() => {
      area.current?.focus()
      area.current?.setSelectionRange(before.length, before.length)
    })
  }
  const done = () => {
    setText('')
    drafts.delete(store.live.id)
    onDone()
  }
  const submit = () => {
    const content = text.trim()
    if (!content || over > 0) return
    if (editing) {
      if (content !== editing.content) void attempt(() => store.live.edit(editing.id, content))
    } else {
      const mentions = mentionsIn(content, others(store))
      store.live.send(content, { ...(reply && { replyTo: reply.id }), ...(mentions.length > 0 && { mentions }) })
      typed.current = 0
    }
    done()
    area.current?.focus()
  }
  const key = (e: KeyboardEvent) => {
    if (found.length > 0) {
      const to = { ArrowDown: active + 1, ArrowUp: active - 1 }[e.key]
      if (to !== undefined) setActive((to + found.length) % found.length)
      else if (e.key === 'Enter' || e.key === 'Tab') pick(found[active]!)
      else if (e.key === 'Escape') setDismissed(true)
      else return
      e.preventDefault()
      e.stopPropagation()
    } else if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && matchMedia('(pointer: fine)').matches) {
      e.preventDefault()
      submit()
    } else if (e.key === 'Escape' && (editing || reply)) {
      e.preventDefault()
      if (editing) done()
      else onDone()
    } else if (e.key === 'ArrowUp' && text === '') {
      onEditLast()
    }
  }

  return (
    <form class="composer" onSubmit={(e) => {
      e.preventDefault()
      submit()
    }}>
      {(editing || reply) && (
        <div class="composing">
          <p>
            <strong>{editing ? t('chat.editing') : t('chat.replyTo', { name: store.nameOf(reply!.userId, reply!.userName) })}</strong>
            <span>{(editing ?? reply)!.content}</span>
          </p>
          <IconButton icon="close" label={t('app.cancel')} size={18} onClick={editing ? done : onDone} />
        </div>
      )}
      {found.length > 0 && (
        <ul class="mentions" role="listbox" id={list} aria-label={t('chat.mention')}>
          {found.map((m, i) => (
            <li key={m.userId} id={`${list}-${i}`} role="option" aria-selected={i === active} onMouseDown={(e) => e.preventDefault()} onClick={() => pick(m)}>
              <Avatar id={m.userId} name={nameOf(m)} size={26} />
              {nameOf(m)}
            </li>
          ))}
        </ul>
      )}
      <div class="composer-line">
        <textarea ref={area} rows={1} value={text} placeholder={t('chat.placeholder')} aria-label={t('chat.placeholder')} enterkeyhint="send" dir="auto"
          aria-autocomplete="list" aria-controls={found.length > 0 ? list : undefined}
          aria-activedescendant={found.length > 0 ? `${list}-${active}` : undefined}
          onInput={change} onKeyDown={key} onFocus={onFocus} onBlur={() => typing(false)} onSelect={(e) => setCaret(e.currentTarget.selectionStart)} />
        <IconButton icon={editing ? 'check' : 'send'} label={editing ? t('app.save') : t('chat.send')} type="submit" class="send" disabled={!text.trim() || over > 0} />
      </div>
      {over > 0 && <p class="wrong" role="alert">{t('chat.tooLong', { n: over })}</p>}
    </form>
  )
}

const others = (store: RoomStore) => store.roster.value.filter((m) => m.userId !== store.me)

const fits = (m: MemberState, query: string) => nameOf(m).toLocaleLowerCase().split(/\s+/).some((w) => w.startsWith(query)) || nameOf(m).toLocaleLowerCase().startsWith(query)
