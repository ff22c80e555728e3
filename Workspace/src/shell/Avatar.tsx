import css from './Avatar.module.css'

/** Initials on the colour of the role: the colour is an aid, the role is always written out too. */
export function Avatar({ name, role, small }: { name: string; role: string | null; small?: boolean }) {
  return <span className={css.avatar} data-role={role ?? ''} data-small={small} aria-hidden>{initials(name)}</span>
}

function initials(name: string): string {
  const words = name.replace(/\b(dr|drs|prof|mr)\.\s*/gi, '').split(/[\s.]+/).filter(Boolean)
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last.slice(0, 2).toUpperCase() : `${words[0]!.charAt(0)}${last.charAt(0)}`.toUpperCase()
}
