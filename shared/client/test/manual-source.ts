import type { Question, Suggestion, SuggestionSource } from '../src/suggestions.js'

/** A question, to be answered when the test wants. */
export interface Pending extends Question {
  answer (suggestion: Suggestion | string | null): Promise<void>
}

/** A source that answers when the test says so. A string is a suggestion at the cursor. */
export class ManualSource implements SuggestionSource {
  readonly asked: Pending[] = []

  ask (question: Question): Promise<Suggestion | null> {
    return new Promise(resolve => {
      this.asked.push({
        ...question,
        async answer (suggestion) {
          resolve(typeof suggestion === 'string' ? { text: suggestion, position: question.position } : suggestion)
          await Promise.resolve()
        }
      })
    })
  }

  get last (): Pending {
    const last = this.asked.at(-1)
    if (last === undefined) throw new Error('nothing was asked')
    return last
  }
}
