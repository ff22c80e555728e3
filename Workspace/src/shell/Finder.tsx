import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { SearchIcon } from './Icons'
import css from './Finder.module.css'
import { Problem } from './Problem'

type Props<T> = {
  name: string
  label: string
  placeholder: string
  find: (text: string, signal: AbortSignal) => Promise<T[]>
  /** What is not even asked, and why. */
  hint: (text: string) => string | null
  keyOf: (found: T) => string
  render: (found: T) => ReactNode
  onChoose: (found: T) => void
  nothing: string
  autoFocus?: boolean
  testId: string
}

/** A combobox over a search: the answer belongs to its text, so a late one never overwrites a newer one. */
export function Finder<T>({ name, label, placeholder, find, hint, keyOf, render, onChoose, nothing, autoFocus, testId }: Props<T>) {
  const [text, setText] = useState('')
  const [asked] = useDebouncedValue(text, 120)
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() })
  const why = hint(text)
  const search = useQuery({
    queryKey: ['find', name, asked.trim()],
    queryFn: ({ signal }) => find(asked, signal),
    enabled: hint(asked) === null,
    placeholderData: keepPreviousData,
    staleTime: 20_000,
    gcTime: 20_000,
  })
  const found = why === null ? (search.data ?? []) : []

  return (
    <>
      <Combobox store={combobox} withinPortal={false} shadow="md" onOptionSubmit={key => {
        const chosen = found.find(each => keyOf(each) === key)
        if (chosen) onChoose(chosen)
      }}>
        <Combobox.Target withExpandedAttribute>
          <TextInput
            size="md" aria-label={label} placeholder={placeholder} value={text} autoComplete="off" spellCheck={false} data-autofocus={autoFocus}
            autoFocus={autoFocus} role="combobox" aria-autocomplete="list" data-testid={testId}
            leftSection={<SearchIcon size={16} />} rightSection={search.isFetching ? <Loader size={15} /> : null}
            onChange={event => { setText(event.currentTarget.value); combobox.openDropdown(); combobox.resetSelectedOption() }}
            onFocus={() => combobox.openDropdown()} onClick={() => combobox.openDropdown()} onBlur={() => combobox.closeDropdown()}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={why !== null && text.trim() === ''}>
          <Combobox.Options mah={300} style={{ overflowY: 'auto' }} aria-label={label}>
            {found.map(each => (
              <Combobox.Option key={keyOf(each)} value={keyOf(each)} className={css.option} data-testid={`${testId}-option`} data-value={keyOf(each)}>{render(each)}</Combobox.Option>
            ))}
            {why !== null && <Combobox.Empty>{why}</Combobox.Empty>}
            {why === null && search.isSuccess && !search.isFetching && found.length === 0 && <Combobox.Empty>{nothing}</Combobox.Empty>}
            {why === null && search.isPending && <Combobox.Empty>…</Combobox.Empty>}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      {search.isError && <Problem error={search.error} onRetry={() => void search.refetch()} />}
    </>
  )
}
