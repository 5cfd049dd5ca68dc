import { personColors } from './colors'
import { button, h } from './dom'
import { maxNameLength, tidyName } from './names'
import { avatar } from './people-bar'
import type { Profile } from './profile'

/**
 * Asks somebody for a name and a colour. It resolves with the profile as it is then:
 * the same, but asked, when the question was skipped. given is the colour that the
 * room gives to who chooses none.
 */
export function askName (profile: Profile, given: string, first: boolean): Promise<Profile> {
  return new Promise(resolve => {
    let answer: Profile = { ...profile, asked: true }
    const field = h('input', {
      id: 'own-name', type: 'text', maxlength: maxNameLength, autocomplete: 'nickname', spellcheck: 'false',
      enterkeyhint: 'done', on: { input: () => draw() }
    })
    field.value = profile.name
    const face = h('div', { class: 'name-face' })
    const colors = colorChoice(profile.color, () => draw())
    const draw = () => {
      const name = tidyName(field.value)
      face.replaceChildren(avatar({ name: name === '' ? profile.name : name, color: colors.chosen() ?? given }))
    }
    const save = () => {
      const name = tidyName(field.value)
      answer = { name: name === '' ? profile.name : name, color: colors.chosen(), asked: true }
      dialog.close()
    }
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'name-title', 'data-dialog': 'name' },
      h('form', { method: 'dialog', on: { submit: event => { event.preventDefault(); save() } } },
        face,
        h('h2', { id: 'name-title' }, first ? 'What should others call you?' : 'Your name'),
        h('p', { class: 'dialog-lead' }, 'It stands beside your cursor. It is kept in this browser, and you can change it at any time.'),
        h('label', { for: 'own-name' }, 'Name'),
        field,
        colors.element,
        h('div', { class: 'dialog-actions' },
          button({ class: 'quiet', 'data-action': 'skip' }, () => dialog.close(), first ? 'Skip' : 'Cancel'),
          h('button', { type: 'submit', class: 'primary', 'data-action': 'save-name' }, first ? 'Go to the room' : 'Save')
        )
      )
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(answer)
    })
    draw()
    document.body.append(dialog)
    dialog.showModal()
    field.select()
  })
}

/** Colours to choose from; null is the one that the room gives. */
function colorChoice (chosen: string | null, onChange: () => void): { element: HTMLElement, chosen: () => string | null } {
  const known = personColors.find(color => color.value === chosen)?.value ?? ''
  const radio = (name: string, value: string) => {
    const input = h('input', { type: 'radio', name: 'color', value, 'aria-label': name, checked: value === known, on: { change: onChange } })
    const swatch = h('label', { class: value === '' ? 'swatch automatic' : 'swatch', title: name }, input, value === '' && h('span', { 'aria-hidden': 'true' }, 'Auto'))
    if (value !== '') swatch.style.setProperty('--person', value)
    return swatch
  }
  const element = h('fieldset', { class: 'swatches' }, h('legend', {}, 'Colour'),
    radio('Automatic', ''), ...personColors.map(color => radio(color.name, color.value)))
  return {
    element,
    chosen: () => element.querySelector<HTMLInputElement>('input:checked')?.value || null
  }
}
