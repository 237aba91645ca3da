"""Typed fields of one's own: what they are, how a value is read, said and asked for.

A field (leads.models.CustomField) says of what kind the value under its name in `extra` is. There
each kind has one form, whatever was typed; a key without a field is free text (or a plain number
or bool of a program), as it was typed.

| kind     | in `extra`                                          | asked for in SQL             |
|----------|-----------------------------------------------------|------------------------------|
| text     | one line of text                                    | `querying.value`, as text    |
| number   | JSON number, 15 digits, below 10^15                 | `querying.value`, as numeric |
| money    | the same with at most 2 decimals, in the currency   | `querying.value`, as numeric |
| date     | "2027-01-31"; sorts and compares as text            | `querying.value`, as text    |
| choice   | the choice as the field spells it                   | `querying.holds`             |
| choices  | list of them in the field's order, none twice       | `querying.holds`             |
| yes_no   | true or false                                       | `querying.holds`             |
| url      | an http(s) address with its scheme                  | `querying.value`, as text    |

No value: no key. A choice that was renamed or taken out stays on the leads that have it. A change
of the kind turns all values over (leads.custom_fields.converting), but a program that was writing
at that moment may leave one of the old form behind for a moment: what reads values in bulk must
not fail on it, and `querying.value` does not.
"""

from leads.custom_fields.reading import Value, read
from leads.custom_fields.registry import FieldRules, by_name, of
from leads.custom_fields.saying import said

__all__ = ["FieldRules", "Value", "by_name", "of", "read", "said"]
