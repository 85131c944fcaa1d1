import { Empty } from '../ui/kit'
import { t } from '../i18n'
import { Journey } from '../ui/journey'
import { Page } from '../ui/shell'

export function View({ token }: { token: string }) {
  return <Page account={false}><Empty whole title={t(token ? 'view.ended' : 'view.missing')} art={<Journey />}><p>{t(token ? 'view.endedHint' : 'view.missingHint')}</p></Empty></Page>
}
