import type { ChatMessage, PendingMessage } from '@wemaps/sdk'

import { clock, names } from '../format'
import { t } from '../i18n'
import { colorOf } from '../map/color'
import { connection } from '../state/session'
import { Icon } from '../ui/icons'
import { Avatar, Button } from '../ui/kit'
import { Menu, type Action } from '../ui/menu'
import { partsOf } from './items'

export const emojis = ['👍', '👎', '❤️', '😂', '😮', '😢', '🙏', '🎉'] as const

export interface MessageProps {
  message: ChatMessage
  first: boolean
  last: boolean
  me: string | null
  nameOf: (userId: string, otherwise: string) => string
  answered: ChatMessage | undefined
  canDelete: boolean
  /** Under an own message: who has seen it. */
  seen?: string | undefined
  onReact: (m: ChatMessage, emoji: string, on: boolean) => void
  onReply: (m: ChatMessage) => void
  onEdit: (m: ChatMessage) => void
  onDelete: (m: ChatMessage) => void
  onJump: (id: string) => void
}

/** A text with its links and mentions. Whatever somebody has written, it is shown and never run. */
export function Text({ text, mentioned }: { text: string; mentioned?: readonly string[] }) {
  return (
    <p class="text" dir="auto">
      {partsOf(text, mentioned).map((p, i) =>
        p.type === 'link' ? <a key={i} href={p.href} target="_blank" rel="noopener noreferrer nofollow ugc">{p.text}</a>
        : p.type === 'mention' ? <mark key={i}>{p.text}</mark>
        : p.text)}
    </p>
  )
}

export function Message(props: MessageProps) {
  const { message: m, first, last, me, nameOf } = props
  const mine = m.userId === me
  const name = nameOf(m.userId, m.userName)
  const at = new Date(m.timestamp)
  const deleted = !!m.deletedAt
  return (
    <li class={`message ${mine ? 'mine' : ''} ${first ? 'first' : ''} ${last ? 'last' : ''}`} data-key={m.id}>
      {!mine && <span class="side">{last && <Avatar id={m.userId} name={name} size={30} />}</span>}
      <div class="body">
        {first && !mine && <span class="author" style={{ '--color': colorOf(m.userId) }}>{name}</span>}
        {mine && <span class="visually-hidden">{t('app.you')}</span>}
        <div class="bubble-line">
          <div class={`bubble ${deleted ? 'deleted' : ''}`}>
            {m.replyTo && !deleted && <Quote answered={props.answered} nameOf={nameOf} onJump={() => props.onJump(m.replyTo!)} />}
            {deleted ? <p class="text">{t('chat.deleted')}</p> : <Text text={m.content} mentioned={(m.mentions ?? []).map((id) => nameOf(id, ''))} />}
            <span class="meta">
              {m.editedAt && !deleted && <span>{t('chat.edited')}</span>}
              <time dateTime={m.timestamp}>{clock(at)}</time>
            </span>
          </div>
          {!deleted && <Actions {...props} name={name} mine={mine} />}
        </div>
        {!!m.reactions?.length && !deleted && <Reactions {...props} />}
        {props.seen && <p class="seen">{props.seen}</p>}
      </div>
    </li>
  )
}

function Quote({ answered, nameOf, onJump }: { answered: ChatMessage | undefined; nameOf: MessageProps['nameOf']; onJump: () => void }) {
  if (!answered) return <p class="quote">{t('chat.replyGone')}</p>
  return (
    <button type="button" class="quote" onClick={onJump} style={{ '--color': colorOf(answered.userId) }}>
      <strong>{nameOf(answered.userId, answered.userName)}</strong>
      <span>{answered.deletedAt ? t('chat.deleted') : answered.content}</span>
    </button>
  )
}

function Reactions({ message: m, me, nameOf, onReact }: MessageProps) {
  return (
    <div class="reactions">
      {m.reactions!.map((r) => {
        const mine = !!me && r.userIds.includes(me)
        const label = t('chat.reactions', { emoji: r.emoji, n: r.userIds.length, names: names(r.userIds.map((id) => (id === me ? t('app.you') : nameOf(id, '?')))) })
        return (
          <button key={r.emoji} type="button" class="reaction" aria-pressed={mine} aria-label={label} title={label}
            onClick={() => onReact(m, r.emoji, !mine)}>
            <span aria-hidden="true">{r.emoji}</span> {r.userIds.length}
          </button>
        )
      })}
    </div>
  )
}

function Actions(p: MessageProps & { name: string; mine: boolean }) {
  const m = p.message
  const actions: (Action | false)[] = [
    { label: t('chat.reply'), icon: 'reply', run: () => p.onReply(m) },
    { label: t('chat.copyText'), icon: 'copy', run: () => void navigator.clipboard?.writeText(m.content) },
    p.mine && { label: t('chat.edit'), icon: 'edit', run: () => p.onEdit(m) },
    p.canDelete && { label: t('chat.delete'), icon: 'trash', danger: true, run: () => p.onDelete(m) },
  ]
  return (
    <Menu label={t('chat.actions', { name: p.mine ? t('app.you') : p.name })} class="icon-button message-actions" icon="smile" actions={actions}
      top={(close) => (
        <div class="emoji-row" role="group">
          {emojis.map((e) => {
            const on = !!m.reactions?.some((r) => r.emoji === e && !!p.me && r.userIds.includes(p.me))
            return (
              <button key={e} type="button" role="menuitemcheckbox" aria-checked={on} aria-label={t('chat.react', { emoji: e })}
                onClick={() => {
                  close()
                  p.onReact(m, e, !on)
                }}>{e}</button>
            )
          })}
        </div>
      )} />
  )
}

/** An own message on its way. */
export function Pending({ message: m }: { message: PendingMessage }) {
  const failed = m.state === 'failed'
  return (
    <li class={`message mine first last ${failed ? 'failed' : 'pending'}`} data-key={m.clientId}>
      <div class="body">
        <div class="bubble-line">
          <div class="bubble"><Text text={m.content} /></div>
        </div>
        <p class="seen">
          <Icon name={failed ? 'alert' : 'clock'} size={14} />
          {failed ? t('chat.failed') : connection.value === 'online' ? t('chat.pending') : t('chat.waiting')}
          {failed && <Button look="plain" onClick={() => m.retry()}>{t('app.retry')}</Button>}
          {failed && <Button look="plain" onClick={() => m.discard()}>{t('chat.discard')}</Button>}
        </p>
      </div>
    </li>
  )
}
