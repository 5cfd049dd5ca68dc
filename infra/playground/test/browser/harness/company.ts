import { makeRoom, type Scene } from './scene.js'
import type { Window, WindowOptions } from './window.js'

/** What people write together in pictures. */
export const code = `import random


def guess(secret: int) -> int:
    """Asks until the number is right."""
    tries = 0
    while True:
        tries += 1
        number = int(input("Your number: "))
        if number == secret:
            return tries
        print("too low" if number < secret else "too high")


print(guess(random.randint(1, 100)))

`

/** Ada is in a room with Bob, who has selected something, and Cleo. */
export async function company ({ open, joinPlain, tutti }: Pick<Scene, 'open' | 'joinPlain' | 'tutti'>, options: WindowOptions): Promise<{ id: string, ada: Window, bob: Window }> {
  const id = await makeRoom(tutti, code, 'python')
  const [ada, bob, cleo] = await Promise.all([open('Ada', options), open('Bob'), joinPlain(id, 'Cleo')])
  await Promise.all([ada.enter(id), bob.enter(id)])
  cleo.pointsAt(10, 9)
  await bob.press('Control+Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'End', 'Shift+Home')
  await Promise.all([ada.caretOf('Bob').waitFor(), ada.caretOf('Cleo').waitFor(), ada.seesPeople('Ada', 'Bob', 'Cleo')])
  return { id, ada, bob }
}
