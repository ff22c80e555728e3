import { Kbd, Modal, Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useKeysSwitch } from './keys'
import css from './Shell.module.css'

const keys = [
  ['next', ['j']], ['previous', ['k']], ['open', ['Enter']], ['up', ['u']], ['new', ['c']], ['reply', ['r']],
  ['filter', ['/']], ['send', ['Ctrl', 'Enter']], ['help', ['?']],
] as const

export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [on, setOn] = useKeysSwitch()
  return (
    <Modal opened={opened} onClose={onClose} title={t('keys.title')} closeButtonProps={{ 'aria-label': t('close') }} size="sm">
      <dl className={css.keys}>
        {keys.map(([name, pressed]) => (
          <div key={name}>
            <dt>{t(`keys.${name}`)}</dt>
            <dd>{pressed.map(each => <Kbd key={each}>{each}</Kbd>)}</dd>
          </div>
        ))}
      </dl>
      <Switch mt="md" label={t('keys.on')} checked={on} onChange={event => setOn(event.currentTarget.checked)} />
    </Modal>
  )
}
