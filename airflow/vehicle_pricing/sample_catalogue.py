"""What the synthetic listings are made of: makes and models with new prices, and places.

A model is `name|new price in thousands of USD|body|drive|cylinders|weight`, where a body, drive
or number of cylinders that most models of the make share is left empty. The prices are of the
right order, not taken from any list.
"""

from dataclasses import dataclass

# make: share of the listings, yearly loss of value, usual body, drive, cylinders, its models
MAKES = """
ford 17 .125 SUV 4wd 6: f-150|41|pickup||8|9; f150|41|pickup||8|3; f-250 super duty|52|truck||8|2; \
f-350|56|truck||8|1; escape|28||fwd|4|4; explorer|37|||6|4; fusion|25|sedan|fwd|4|3; \
focus|20|hatchback|fwd|4|3; edge|34||fwd|6|2; mustang|33|coupe|rwd|8|3; ranger|29|pickup||4|1; \
transit|36|van|rwd|6|1; expedition|55|||8|1; taurus|29|sedan|fwd|6|1
chevrolet 14 .13 sedan fwd 4: silverado 1500|40|pickup|4wd|8|6; silverado|38|pickup|4wd|8|4; \
silverado 2500hd|50|truck|4wd|8|2; equinox|28|SUV|||4; cruze|20||||3; malibu|25||||3; \
impala|29|||6|2; tahoe|54|SUV|4wd|8|2; suburban|57|SUV|4wd|8|1; traverse|34|SUV||6|2; \
camaro|33|coupe|rwd|8|2; corvette|60|coupe|rwd|8|1; colorado|29|pickup|4wd|6|1; bolt ev|37|hatchback|||.4
toyota 9 .09 sedan fwd 4: camry|27||||4; corolla|22||||4; tacoma|33|pickup|4wd|6|4; \
tundra|41|pickup|4wd|8|2; rav4|29|SUV|4wd||3; highlander|38|SUV|4wd|6|2; 4runner|41|SUV|4wd|6|2; \
sienna|36|mini-van||6|2; prius|27|hatchback|||2; avalon|38|||6|1; yaris|18|hatchback|||1
honda 6 .095 sedan fwd 4: civic|22||||5; accord|27||||4; cr-v|28|SUV|4wd||4; odyssey|35|mini-van||6|2; \
pilot|37|SUV|4wd|6|2; fit|18|hatchback|||1; ridgeline|37|pickup|4wd|6|.7
ram 5 .12 pickup 4wd 8: 1500|40||||5; 2500|52|truck|||2; 3500|57|truck|||1; promaster|35|van|fwd|6|.5
jeep 5 .105 SUV 4wd 6: grand cherokee|40||||4; wrangler|36||||3; wrangler unlimited|40||||3; \
cherokee|30||||2; patriot|23|||4|1; compass|26|||4|1; gladiator|44|pickup|||.6
nissan 5 .14 sedan fwd 4: altima|25||||4; rogue|27|SUV|||3; sentra|20||||2; versa|16||||2; \
pathfinder|34|SUV|4wd|6|1; murano|34|SUV||6|1; frontier|28|pickup|4wd|6|1; maxima|35|||6|1; leaf|32|hatchback|||.5
gmc 4.5 .125 SUV 4wd 8: sierra 1500|42|pickup|||4; sierra 2500hd|54|truck|||2; acadia|36||fwd|6|2; \
terrain|29||fwd|4|2; yukon|57||||2; canyon|30|pickup||6|1
bmw 4 .16 sedan rwd 6: 3 series|43|||4|3; 328i|40|||4|2; 5 series|57||||2; x3|45|SUV|4wd|4|2; \
x5|61|SUV|4wd||2; 435i|50|coupe|||.6; i3|46|hatchback|||.3
dodge 4 .14 sedan rwd 6: charger|33||||3; challenger|33|coupe||8|2; grand caravan|28|mini-van|fwd||3; \
journey|25|SUV|fwd|4|2; durango|40|SUV|4wd||1; ram 1500|34|pickup|4wd|8|2
mercedes-benz 3 .165 sedan rwd 6: c-class|45|||4|3; e-class|58||||2; s-class|98|||8|.6; \
gle|60|SUV|4wd||1; glc 300|46|SUV|4wd|4|1; sprinter|43|van|||.6
hyundai 3 .14 sedan fwd 4: sonata|25||||4; elantra|20||||4; santa fe|31|SUV|4wd||2; tucson|26|SUV|||2; accent|17||||1
subaru 3 .1 wagon 4wd 4: outback|30||||4; forester|28|SUV|||3; impreza|22|sedan|||3; crosstrek|26|SUV|||1; wrx|31|sedan|||1
kia 2.5 .14 sedan fwd 4: soul|20|wagon|||3; optima|25||||3; sorento|31|SUV|4wd|6|2; forte|20||||2; sportage|26|SUV|||1
lexus 2.5 .105 sedan rwd 6: rx 350|47|SUV|4wd||3; es 350|41||fwd||2; is 250|39||||1; gx 460|56|SUV|4wd|8|1
volkswagen 2.5 .15 sedan fwd 4: jetta|22||||4; passat|26||||3; tiguan|28|SUV|4wd||2; golf|24|hatchback|||1; beetle|24|hatchback|||1
audi 2.5 .16 sedan 4wd 4: a4|42||||3; a6|57|||6|1; q5|46|SUV|||2; q7|60|SUV||6|1
cadillac 2 .16 sedan rwd 6: escalade|82|SUV|4wd|8|2; cts|48||||2; srx|41|SUV|fwd||2; xt5|45|SUV|4wd||1
acura 2 .12 sedan fwd 6: mdx|47|SUV|4wd||3; tl|39||||2; rdx|39|SUV|4wd|4|2
chrysler 2 .15 sedan fwd 6: 300|36||rwd||2; 200|25|||4|2; town & country|34|mini-van|||2; pacifica|37|mini-van|||1
buick 1.7 .14 SUV fwd 6: enclave|43||||3; encore|26|||4|2; lacrosse|36|sedan|||1
infiniti 1.6 .155 sedan rwd 6: g37|37||||2; q50|41||||2; qx60|46|SUV|4wd||2
lincoln 1.4 .16 sedan fwd 6: mkz|39|||4|2; navigator|75|SUV|4wd||1; mkx|43|SUV|4wd||1
mazda 1.5 .125 sedan fwd 4: mazda3|22||||3; cx-5|28|SUV|4wd||2; mx-5 miata|29|convertible|rwd||1; 6|26||||1
volvo 1 .15 SUV 4wd 4: xc60|44||||2; xc90|54||||2; s60|40|sedan|||1
tesla .9 .1 sedan rwd : model 3|43||||3; model s|86||||1; model y|52|SUV|4wd||1
porsche .5 .11 coupe rwd 6: 911|112||||1; cayenne|72|SUV|4wd||1
citroën .3 .17 hatchback fwd 4: c3|19||||1; ds 21 décapotable|24|convertible|||.3
škoda .3 .13 wagon fwd 4: octavia|26||||1; yeti|25|SUV|4wd||.4
"""

REGIONS = """
ak anchorage / mat-su; fairbanks | al birmingham; huntsville / decatur; mobile; auburn
ar little rock; fayetteville; fort smith | az phoenix; tucson; flagstaff / sedona; prescott
ca los angeles; san diego; sacramento; SF bay area; fresno / madera; inland empire; redding
co denver; colorado springs; fort collins / north CO; boulder | ct hartford; new haven; eastern CT
dc washington, DC | de delaware | fl tampa bay area; orlando; jacksonville; south florida; ocala
ga atlanta; columbus; athens; savannah / hinesville; augusta | hi hawaii
ia des moines; cedar rapids; quad cities, IA/IL | id boise; east idaho; spokane / coeur d'alene
il chicago; springfield; rockford; quad cities, IA/IL | in indianapolis; fort wayne; bloomington
ks wichita; kansas city, MO; topeka | ky louisville; lexington; bowling green
la new orleans; baton rouge; lafayette | ma boston; worcester / central MA; cape cod / islands
md baltimore; frederick; eastern shore | me maine | mi detroit metro; grand rapids; lansing; flint
mn minneapolis / st paul; duluth / superior; rochester; fargo / moorhead
mo st louis, MO; kansas city, MO; springfield; joplin | ms jackson; gulfport / biloxi
mt billings; missoula; bozeman | nc charlotte; raleigh / durham / CH; greensboro; fayetteville
nd north dakota; fargo / moorhead | ne omaha / council bluffs; lincoln | nh new hampshire
nj north jersey; central NJ; jersey shore | nm albuquerque; las cruces | nv las vegas; reno / tahoe
ny new york city; long island; albany; buffalo; rochester; hudson valley
oh columbus; cleveland; cincinnati; toledo; akron / canton | ok oklahoma city; tulsa; lawton
or portland; eugene; bend; medford-ashland | pa philadelphia; pittsburgh; lehigh valley; erie
ri rhode island | sc greenville / upstate; charleston; columbia | sd rapid city / west SD
tn nashville; knoxville; memphis; chattanooga | tx dallas / fort worth; houston; austin; el paso
ut salt lake city; provo / orem | va richmond; norfolk / hampton roads; roanoke | vt vermont
wa seattle-tacoma; spokane / coeur d'alene; yakima | wi milwaukee; madison; green bay
wv charleston; morgantown; southern WV | wy wyoming
"""

STATE_SHARES = {"ca": 9.0, "fl": 6.2, "oh": 5.3, "ny": 4.7, "tx": 5.5, "mi": 4.2, "nc": 4.1}
STATE_SHARES |= {"pa": 3.8, "or": 3.7, "wa": 3.2, "va": 3.2, "wi": 3.1, "tn": 3.1, "co": 2.4}
SMALL_STATE_SHARE = 1.1
HOURS_WEST = {"ca": 7, "or": 7, "wa": 7, "nv": 7, "ak": 8, "hi": 10, "az": 7, "co": 6, "mt": 6}
HOURS_WEST |= {"nm": 6, "ut": 6, "wy": 6, "tx": 5, "ok": 5, "ks": 5, "mo": 5, "il": 5, "wi": 5}
HOURS_WEST |= {"mn": 5, "ia": 5, "la": 5, "ar": 5, "ms": 5, "al": 5, "nd": 5, "sd": 5, "ne": 5}
TRIMS = (
    "|||| lt| xlt| se| sport| limited| premium| 4x4| crew cab| base| touring| 4d|  SPORT UTILITY 4D"
)
ELECTRIC = ("bolt ev", "leaf", "i3", "model 3", "model s", "model y")
PHRASES = (
    "runs and drives great",
    'a real "must see"',
    "one owner,\nclean carfax",
    "call or text, ask for José",
    "new tires; brakes done",
    "financing available, $500 down\n\nO.A.C.",
    "no lowballers - 100% firm",
    "l'état du véhicule est impeccable",
    "garage kept, non-smoker",
    'moving, "priced to sell"',
)


@dataclass(frozen=True)
class CatalogueModel:
    """One model as it left the factory; price_usd is that of a new one."""

    make: str
    name: str
    price_usd: float
    body: str
    drive: str
    cylinders: str
    yearly_loss: float
    weight: float


def models() -> list[CatalogueModel]:
    """Every model of the catalogue; the weights add up to one."""
    found = [model for line in MAKES.strip().splitlines() for model in _of_make(line)]
    total = sum(model.weight for model in found)
    return [CatalogueModel(**{**vars(model), "weight": model.weight / total}) for model in found]


def _of_make(line: str) -> list[CatalogueModel]:
    head, _, tail = line.partition(":")
    make, share, loss, *usual = head.split(" ")
    rows = [entry.strip().split("|") for entry in tail.split(";")]
    total = sum(float(row[5]) for row in rows)
    return [
        CatalogueModel(
            make,
            row[0],
            1000 * float(row[1]),
            *(own or common for own, common in zip(row[2:5], usual)),
            float(loss),
            float(share) * float(row[5]) / total,
        )
        for row in rows
    ]


def places() -> list[tuple[str, str, float]]:
    """Every region as (state, region, share of the listings); shares add up to one."""
    entries = [entry.strip() for entry in REGIONS.strip().replace("\n", "|").split("|")]
    by_state = {entry[:2]: [name.strip() for name in entry[3:].split(";")] for entry in entries}
    shares = {state: STATE_SHARES.get(state, SMALL_STATE_SHARE) for state in by_state}
    total = sum(shares.values())
    return [
        (state, region, shares[state] / total / len(regions))
        for state, regions in by_state.items()
        for region in regions
    ]
