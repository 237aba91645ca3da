"""Given names: the short forms people go by, and some more to tell a column of names by."""

FORMS = """
robert rob bob bobby robbie bert
william will bill billy liam willy
richard rick dick richie rich
james jim jimmy jamie
john jon johnny jack
joseph joe joey
thomas tom tommy
michael mike mick mickey
david dave davey
daniel dan danny
matthew matt
andrew andy drew
anthony tony
charles charlie chuck
christopher chris
edward ed eddie ted ned
george georgie
gregory greg
henry harry hank
jonathan jon nathan
kenneth ken kenny
lawrence larry laurie
nicholas nick nicky
patrick pat paddy
peter pete
philip phil
ronald ron ronnie
samuel sam sammy
stephen steven steve
timothy tim
benjamin ben benny
alexander alex sasha sandy
frederick fred freddie
elizabeth liz beth betty eliza lizzie libby
margaret maggie meg peggy
katherine catherine kate kathy katie cathy
jennifer jen jenny
jessica jess jessie
rebecca becky becca
susan sue susie suzanne
patricia pat patty trish
deborah deb debbie
barbara barb
dorothy dot dolly
victoria vicky tori
alexandra alex sandra lexi
christina christine chris tina
samantha sam
abigail abby gail
theresa teresa terry tess
jacqueline jackie
"""
# Common in several countries, to recognise given names by; nothing hangs on one that is missing.
_MORE = """
mary linda sarah karen nancy lisa sandra ashley emily emma olivia sophia sophie mia ava lucy
charlotte amelia grace ella hannah lily laura julia anna maria marie ana eva lena lea nina sara
sofia martina monica claudia paula carmen isabel elena irina olga natalia ivan dmitri mark paul
kevin brian jason jeffrey ryan jacob eric justin scott brandon frank raymond noah oliver lucas
luke leo oscar harrison jack joshua ethan liam logan mason adam simon martin stefan thomas andreas
markus hans klaus peter jan pierre jean luc marc michel jose juan carlos luis miguel antonio pedro
marco luca giovanni mohammed muhammad ahmed ali omar fatima wei li yuki hiroshi raj priya anil
sanjay lachlan kirra chloe zoe isabella jasmine caitlin
"""
MORE = frozenset(_MORE.split())
_GROUPS: dict[str, set[int]] = {}
for _number, _line in enumerate(FORMS.strip().splitlines()):
    for _form in _line.split():
        _GROUPS.setdefault(_form, set()).add(_number)
_NONE: frozenset[int] = frozenset()


def same_person(a: str, b: str) -> bool:
    """Whether two first names are forms of one: Bob and Robert."""
    groups = _GROUPS.get(a)
    return groups is not None and not groups.isdisjoint(_GROUPS.get(b, _NONE))


def is_given(name: str) -> bool:
    """Whether this is one of the given names known here."""
    return name in _GROUPS or name in MORE
