"""The word lists of the tiny world, written for this project."""


def _pairs(text: str) -> dict[str, str]:
    """Read "key=value, key=value" into a dictionary."""
    pairs = (item.strip().partition("=") for item in text.split(","))
    return {key: value for key, _, value in pairs}


def _names(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(","))


GROUPS = {
    "animal": _names(
        "dog, cat, horse, cow, pig, sheep, goat, rabbit, mouse, lion, tiger, bear, wolf, fox, deer, monkey, camel, "
        "elephant, giraffe, zebra, donkey, squirrel, badger, otter, beaver, hedgehog"
    ),
    "bird": _names("eagle, sparrow, robin, crow, owl, pigeon, parrot, swan, duck, goose, hawk, gull, raven, penguin"),
    "fish": _names("salmon, trout, shark, tuna, cod, herring, carp, pike, eel, sardine"),
    "insect": _names("ant, bee, wasp, beetle, moth, butterfly, cricket, mosquito, fly"),
    "fruit": _names(
        "apple, pear, plum, cherry, peach, grape, lemon, orange, banana, mango, melon, fig, apricot, strawberry"
    ),
    "vegetable": _names("carrot, potato, onion, cabbage, spinach, leek, bean, pea, turnip, radish, pumpkin, tomato"),
    "tool": _names("hammer, saw, drill, spade, rake, wrench, chisel, shovel, axe, ladder, brush, needle"),
    "garment": _names("shirt, coat, hat, scarf, glove, sock, shoe, boot, skirt, jacket, belt, dress, sweater"),
    "vehicle": _names("car, bus, train, lorry, tram, bicycle, boat, ship, ferry, tractor, van, taxi, canoe"),
    "flower": _names("rose, tulip, daisy, lily, poppy, violet, orchid, sunflower"),
    "metal": _names("iron, gold, silver, copper, tin, lead, zinc, steel"),
    "drink": _names("tea, coffee, milk, juice, water, lemonade, cocoa, cider"),
    "instrument": _names("piano, violin, flute, drum, guitar, trumpet, harp, cello"),
    "sport": _names("tennis, hockey, football, rugby, golf, rowing, boxing, skiing"),
    "job": _names(
        "baker, farmer, doctor, teacher, nurse, pilot, sailor, tailor, judge, painter, singer, writer, driver, miner"
    ),
    "room": _names("kitchen, bedroom, bathroom, cellar, attic, office, garage, library"),
}
GROUP_OF = {member: group for group, members in GROUPS.items() for member in members}

THINGS = _names(
    "table, chair, lamp, window, door, box, bottle, cup, plate, spoon, fork, knife, key, clock, watch, book, pen, "
    "paper, letter, stamp, coin, ring, rope, basket, bucket, candle, mirror, carpet, curtain, pillow, blanket, "
    "river, lake, hill, valley, forest, tree, leaf, branch, stone, beach, island, bridge, road, street, tower, "
    "castle, church, market, village, city, garden, field, fence, gate, wall, roof, star, moon, cloud, storm, "
    "child, woman, man, tooth, foot, baby, lady, party, story, body, hero, wife, loaf, shelf, thief, "
    "glass, dish, wish, bench, match, fox, bus, tax, dress"
)
IRREGULAR_PLURALS = _pairs(
    "mouse=mice, sheep=sheep, deer=deer, wolf=wolves, goose=geese, leaf=leaves, knife=knives, child=children, "
    "woman=women, man=men, tooth=teeth, foot=feet, wife=wives, loaf=loaves, shelf=shelves, thief=thieves, "
    "potato=potatoes, tomato=tomatoes, hero=heroes, mango=mangoes, mosquito=mosquitoes"
)
COUNTABLE = tuple(
    dict.fromkeys(
        [*THINGS]
        + [word for group in ("animal", "bird", "insect", "fruit", "vegetable", "tool") for word in GROUPS[group]]
        + [word for group in ("garment", "vehicle", "flower", "instrument", "job", "room") for word in GROUPS[group]]
    )
)
NOUNS = tuple(dict.fromkeys([*THINGS, *GROUP_OF]))

OPPOSITES = _pairs(
    "hot=cold, big=small, tall=short, old=young, fast=slow, light=dark, heavy=light, rich=poor, happy=sad, wet=dry, "
    "clean=dirty, hard=soft, full=empty, open=closed, early=late, near=far, high=low, strong=weak, thick=thin, "
    "wide=narrow, deep=shallow, loud=quiet, brave=afraid, sweet=bitter, true=false, good=bad, right=wrong, "
    "first=last, new=old, easy=difficult, cheap=expensive, safe=dangerous, noisy=silent, smooth=rough, "
    "sharp=blunt, polite=rude, sick=healthy, tight=loose, up=down, inside=outside, above=below, before=after, "
    "always=never, day=night, north=south, east=west, summer=winter, friend=enemy, love=hate, push=pull, "
    "buy=sell, begin=end, win=lose, give=take, arrive=leave, ask=answer, question=answer, laugh=cry"
)
PAST_TENSE = _pairs(
    "go=went, see=saw, eat=ate, drink=drank, sing=sang, run=ran, swim=swam, write=wrote, speak=spoke, take=took, "
    "give=gave, come=came, know=knew, grow=grew, fly=flew, find=found, think=thought, buy=bought, bring=brought, "
    "catch=caught, teach=taught, sleep=slept, keep=kept, feel=felt, leave=left, lose=lost, send=sent, build=built, "
    "break=broke, wake=woke, ride=rode, drive=drove, fall=fell, hold=held, stand=stood, sit=sat, win=won, "
    "make=made, say=said, tell=told, hear=heard, meet=met, walk=walked, talk=talked, play=played, jump=jumped, "
    "cook=cooked, help=helped, look=looked, wash=washed, clean=cleaned, open=opened, close=closed, live=lived, "
    "love=loved, dance=danced, smile=smiled, carry=carried, study=studied, cry=cried, stop=stopped, plan=planned"
)
COMPARATIVES = _pairs(
    "tall=taller, small=smaller, old=older, young=younger, fast=faster, slow=slower, cold=colder, warm=warmer, "
    "long=longer, short=shorter, high=higher, low=lower, deep=deeper, soft=softer, hard=harder, strong=stronger, "
    "weak=weaker, rich=richer, poor=poorer, clean=cleaner, big=bigger, hot=hotter, thin=thinner, wet=wetter, "
    "fat=fatter, large=larger, nice=nicer, wide=wider, brave=braver, safe=safer, happy=happier, easy=easier, "
    "heavy=heavier, early=earlier, busy=busier, dry=drier, funny=funnier, pretty=prettier, good=better, bad=worse"
)
SPANISH = _pairs(
    "dog=perro, cat=gato, house=casa, water=agua, bread=pan, milk=leche, book=libro, table=mesa, door=puerta, "
    "window=ventana, sun=sol, moon=luna, star=estrella, tree=árbol, flower=flor, red=rojo, white=blanco, "
    "black=negro, green=verde, blue=azul, one=uno, two=dos, three=tres, friend=amigo, school=escuela, city=ciudad, "
    "street=calle, day=día, night=noche, hand=mano, head=cabeza, fish=pez, bird=pájaro, horse=caballo, apple=manzana"
)
FRENCH = _pairs(
    "dog=chien, cat=chat, house=maison, water=eau, bread=pain, milk=lait, book=livre, door=porte, window=fenêtre, "
    "sun=soleil, moon=lune, tree=arbre, flower=fleur, red=rouge, white=blanc, black=noir, green=vert, blue=bleu, "
    "two=deux, three=trois, four=quatre, friend=ami, school=école, city=ville, street=rue, day=jour, night=nuit, "
    "hand=main, head=tête, fish=poisson, bird=oiseau, horse=cheval, apple=pomme, cheese=fromage, king=roi"
)
YOUNG = _pairs(
    "dog=puppy, cat=kitten, cow=calf, horse=foal, sheep=lamb, goat=kid, pig=piglet, lion=cub, bear=cub, tiger=cub, "
    "duck=duckling, goose=gosling, deer=fawn, kangaroo=joey, swan=cygnet, frog=tadpole, hen=chick, elephant=calf, "
    "fox=cub, wolf=cub, zebra=foal, owl=owlet, eagle=eaglet, rabbit=bunny"
)
SOUNDS = _pairs(
    "dog=bark, cat=meow, cow=moo, horse=neigh, sheep=baa, pig=oink, lion=roar, duck=quack, crow=caw, owl=hoot, "
    "bee=buzz, wolf=howl, mouse=squeak, snake=hiss, frog=croak, rooster=crow, bird=tweet, donkey=bray, "
    "pigeon=coo, cricket=chirp"
)
COLOURS = _pairs(
    "snow=white, grass=green, blood=red, coal=black, banana=yellow, lemon=yellow, carrot=orange, chocolate=brown, "
    "milk=white, raven=black, tomato=red, cherry=red, spinach=green, pumpkin=orange, sky=blue, ocean=blue, "
    "silver=grey, elephant=grey, flamingo=pink, salt=white, sunflower=yellow, frog=green, mud=brown, ash=grey, "
    "lavender=purple, plum=purple, strawberry=red, pea=green, swan=white, crow=black"
)
CAPITALS = _pairs(
    "France=Paris, Spain=Madrid, Italy=Rome, Germany=Berlin, Portugal=Lisbon, Austria=Vienna, Greece=Athens, "
    "Poland=Warsaw, Sweden=Stockholm, Norway=Oslo, Finland=Helsinki, Denmark=Copenhagen, Ireland=Dublin, "
    "Hungary=Budapest, Russia=Moscow, Turkey=Ankara, Egypt=Cairo, Kenya=Nairobi, Morocco=Rabat, China=Beijing, "
    "Japan=Tokyo, India=Delhi, Thailand=Bangkok, Vietnam=Hanoi, Iran=Tehran, Iraq=Baghdad, Canada=Ottawa, "
    "Cuba=Havana, Peru=Lima, Chile=Santiago, Brazil=Brasilia, Nepal=Kathmandu, Belgium=Brussels, Romania=Bucharest, "
    "Ukraine=Kyiv, Bulgaria=Sofia, Croatia=Zagreb, Serbia=Belgrade, Ghana=Accra, Australia=Canberra"
)
CONTINENTS = _pairs(
    "France=Europe, Spain=Europe, Italy=Europe, Germany=Europe, Portugal=Europe, Austria=Europe, Greece=Europe, "
    "Poland=Europe, Sweden=Europe, Norway=Europe, Finland=Europe, Denmark=Europe, Ireland=Europe, Hungary=Europe, "
    "Egypt=Africa, Kenya=Africa, Morocco=Africa, Ghana=Africa, Nigeria=Africa, Ethiopia=Africa, Uganda=Africa, "
    "China=Asia, Japan=Asia, India=Asia, Thailand=Asia, Vietnam=Asia, Iran=Asia, Iraq=Asia, Nepal=Asia, "
    "Mongolia=Asia, Peru=South America, Chile=South America, Brazil=South America, Bolivia=South America, "
    "Ecuador=South America, Canada=North America, Mexico=North America"
)
MATERIALS = _pairs(
    "window=glass, shirt=cotton, sweater=wool, newspaper=paper, candle=wax, tyre=rubber, brick=clay, boot=leather, "
    "sword=steel, bench=wood, nail=iron, statue=stone, bottle=glass, scarf=wool, wallet=leather, book=paper, "
    "ladder=wood, bridge=steel, saddle=leather, mirror=glass, balloon=rubber, fence=wood, jeans=cotton, sock=wool"
)
WORKPLACES = _pairs(
    "teacher=school, doctor=hospital, farmer=farm, baker=bakery, cook=kitchen, sailor=ship, judge=court, "
    "miner=mine, waiter=restaurant, actor=theatre, nurse=hospital, soldier=army, monk=monastery, priest=church, "
    "clerk=office, mechanic=garage, chemist=laboratory, gardener=garden, pilot=plane, driver=bus"
)
DAYS = _names("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
MONTHS = _names("January, February, March, April, May, June, July, August, September, October, November, December")
UNITS = _names(
    "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, "
    "sixteen, seventeen, eighteen, nineteen"
)
TENS = _names("twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety")
PEOPLE = _names(
    "Anna, Tom, Maria, Peter, Lucy, James, Nina, Oscar, Emma, Paul, Clara, Hugo, Sara, Victor, Alice, Martin, Julia, "
    "Simon, Rosa, Felix, Helen, David, Laura, Robert, Irene, Adam, Grace, Leo, Olga, Frank, Marta, Henry, Diana, "
    "George, Eva, Louis, Sofia, Arthur, Ruth, Walter"
)


def plural(noun: str) -> str:
    """Return the plural of an English noun of the lists."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


def number_word(value: int) -> str:
    """Return 0..99 in words."""
    if value < len(UNITS):
        return UNITS[value]
    tens, units = divmod(value, 10)
    return TENS[tens - 2] + (f"-{UNITS[units]}" if units else "")
