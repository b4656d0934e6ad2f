"""Other names of values and columns: as dealers' feeds, auctions and people write them.

They stand here once. `prepare` reads archives by them, and `schema.json` takes them to the service
and the form. Collected from the documentation of Meta's, TikTok's and Google's vehicle feeds,
NHTSA's vPIC, fueleconomy.gov, auctions' and dealers' exports, and listings.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

# Casefolded texts that mean "not told", in any column. Where one is an option of a column, such
# as `missing` of a title, it means that.
BLANK_WORDS = (
    *("", "-", "--", "---", "–", "—", "_", ".", "..", "...", "*", "/", "?", "??", "???"),
    *("n/a", "n.a.", "n.a", "n / a", "#n/a", "#n/a n/a", "#na", "<na>", "na", "n\\a"),
    *("null", "(null)", "<null>", "\\n", "nil", "none", "(none)", "nan", "#null!", "#ref!"),
    *("#value!", "#div/0!", "#name?", "undefined", "nat"),
    *("unknown", "unk", "unkn", "not known", "unspecified", "not specified", "not given"),
    *("not stated", "not available", "not applicable", "not reported", "not provided", "not set"),
    *("not listed", "not sure", "don't know", "no data", "no value", "missing", "blank", "empty"),
    *("(blank)", "(empty)", "select", "select one", "-select-", "--select--", "please select"),
    *("tbd", "tba", "tmu", "exempt", "exempted"),
)

STATES = """
al alabama ala|ak alaska|az arizona ariz|ar arkansas ark|ca california calif cali|\
co colorado colo|ct connecticut conn|de delaware del|dc district_of_columbia washington_dc|\
fl florida fla|ga georgia|hi hawaii|id idaho|il illinois ill|in indiana ind|\
ia iowa|ks kansas kans|ky kentucky|la louisiana|me maine|md maryland|ma massachusetts mass|\
mi michigan mich|mn minnesota minn|ms mississippi miss|mo missouri|mt montana mont|\
ne nebraska neb nebr|nv nevada nev|nh new_hampshire|nj new_jersey|\
nm new_mexico|ny new_york new_york_state|nc north_carolina n_carolina|\
nd north_dakota n_dakota|oh ohio|ok oklahoma okla|or oregon ore|\
pa pennsylvania penn penna|ri rhode_island|sc south_carolina s_carolina|\
sd south_dakota s_dakota|tn tennessee tenn|tx texas tex|ut utah|vt vermont|va virginia|\
wa washington wash washington_state|wv west_virginia w_virginia w_va|wi wisconsin wis wisc|\
wy wyoming wyo
"""

# The options of the data set's site. In an archive their other names become these.
KAGGLE_OPTIONS = {
    "manufacturer": (
        "acura|alfa-romeo|aston-martin|audi|bmw|buick|cadillac|chevrolet|chrysler|citroën|datsun|"
        "dodge|ferrari|fiat|ford|gmc|harley-davidson|honda|hyundai|infiniti|jaguar|jeep|kia|"
        "land rover|lexus|lincoln|mazda|mercedes-benz|mercury|mini|mitsubishi|morgan|nissan|"
        "pontiac|porsche|ram|rover|saturn|subaru|škoda|tesla|toyota|volkswagen|volvo"
    ).split("|"),
    "condition": ["new", "like new", "excellent", "good", "fair", "salvage"],
    "cylinders": [*(f"{count} cylinders" for count in (3, 4, 5, 6, 8, 10, 12)), "other"],
    "fuel": ["gas", "diesel", "hybrid", "electric", "other"],
    "title_status": ["clean", "salvage", "rebuilt", "parts only", "lien", "missing"],
    "transmission": ["automatic", "manual", "other"],
    "drive": ["4wd", "fwd", "rwd"],
    "size": ["full-size", "mid-size", "compact", "sub-compact"],
    "type": (
        "bus|convertible|coupe|hatchback|mini-van|offroad|other|pickup|sedan|suv|truck|van|wagon"
    ).split("|"),
    "state": [entry.split()[0] for entry in STATES.strip().split("|")],
    "paint_color": (
        "black|blue|brown|custom|green|grey|orange|purple|red|silver|white|yellow"
    ).split("|"),
}

MAKES = """
alfa-romeo: alfa, alfa romeo automobiles, alfa romero
aston-martin: aston, aston martin lagonda
bentley: bently
bmw: bimmer, beemer, bavarian motor works, bmw usa, bwm
buick: buic
cadillac: caddy, cadi, cadilac, caddilac, cadillac motor, cadallic
chevrolet: chevy, chev, chevie, chevorlet, cheverolet, chevrolette, chevrolet truck, \
chevy truck, chevrolet trucks, chevy trucks, chevrolet motor division
chrysler: chry, chrystler, crysler, chrylser, cryslar
citroën: citroen, citron
dodge: dodg, dogde
ferrari: ferarri, ferrarri
fiat: fiat usa
ford: ford motor company, ford motor co, ford motor, ford truck, ford trucks, fomoco
gmc: gmc truck, gmc trucks
harley-davidson: harley, hd, harley davison, harley davidson motorcycles, harleydavidson motor
honda: hond, honda motor, hoda
hyundai: hyun, hundai, hyundia, hyndai, hyndia, huyndai, hyunday, hiunday, hyundi, hundia
infiniti: infinity, infi, infinti
jaguar: jag, jagu, jaguar cars, jaguer
jeep:
kia: kia motors
lamborghini: lambo, lamborgini
rover, land rover: range rover, lndr
lexus: lexs, lexu
lincoln: linc
maserati: mazerati, masarati
mazda: mazd, madza, mazada, mazda motor
mercedes-benz: mercedes, benz, mercedes benz, merz, mercedez, mercedez benz, mercedes bens, \
mercedes amg, mercedes-amg, mercedes maybach, mb, m-benz, mercedes benz cars, mercades
mercury:
mini: mini cooper, bmw mini
mitsubishi: mits, mitsu, mitsubushi, mitsubishi motors, mitsibushi, mitsubitshi, mistubishi
nissan: niss, nisan, nissian, nissan motor
pontiac: pont, pontaic
porsche: pors, porche, porshe, porsch
ram: ram trucks, ram truck, dodge ram trucks
rolls-royce: rolls, rolls royce
saturn: satr, saturn corporation
škoda: skoda
subaru: suba, suburu, subuaru, subie, suburau
tesla: tesl, tesla motors
toyota: toyt, toyo, toyoda, toyta, toytoa, toyota motor
volkswagen: vw, volks, volk, volkswagon, volks wagon, volks wagen, volkswagan, volkwagen, \
volkswagen of america, v-dub, vdub
volvo: volv, volvo cars, volvo car
"""

# `merc` is short for both: it means Mercedes-Benz where there is no Mercury.
AMBIGUOUS_MAKES = {"merc": (("mercury",), "mercedes-benz")}

CONDITIONS = """
new: brand new, factory new, never used, unused, new vehicle, new car
like new: mint, as new, almost new, nearly new, showroom, pristine, near mint, immaculate, \
perfect, flawless, like brand new, as good as new, practically new
excellent: exc, excel, exellent, excelent, outstanding, superb, exceptional, extra clean
good: very good, verygood, vg, above average, great, average, decent, nice, normal
fair: ok, okay, below average, poor, rough, needs work, acceptable, needs tlc, worn, mediocre, bad
salvage: salvaged, damaged, wrecked, wreck, for parts, parts only, parts, not running, non running, \
does not run, inoperable, totaled, totalled, junk
"""

# Flex-fuel vehicles run on gasoline and are listed as such.
FUELS = """
gas, gasoline, petrol: g, gasolene, unleaded, regular, regular unleaded, regular gas, \
regular gasoline, premium, premium unleaded, premium gas, premium gasoline, midgrade, \
midgrade gasoline, unleaded gasoline, unleaded fuel, unleaded gas, gas engine, gasoline engine, \
petrol engine, gasoline fuel, gas fuel, gasoline direct injection, gdi, turbo gas, gas turbo, \
benzin, benzine, gasolina, flex, flexible, flex fuel, flex-fuel, flexfuel vehicle, flexible fuel, \
flexible-fuel, flexible fuel vehicle, flexible fuel vehicle ffv, flex fuel vehicle, \
flex fuel capability, flex fuel ffv, ffv, e85, e-85, e85 flex fuel, flex fuel e85, gas/e85, e85/gas, \
gasoline/e85, gas or e85, e85/gasoline, e85 gasoline flex, flex fuel gas, gas flex fuel, \
gasoline/flex fuel, ethanol e85, gasoline or e85, premium or e85, e10, e15, unleaded/e85, \
flex fuel gas/ethanol, flex-fuel (unleaded/e85), gas/ethanol, gasoline/ethanol
diesel: d, bio diesel, bio-diesel, biodiesel b20, b20, turbo diesel, turbodiesel, tdi, diesel fuel, \
diesel engine, clean diesel, diesel turbo, diesel (b20), ultra low sulfur diesel, ulsd, gasoil, \
diesel b20, gazole, diesal, deisel, bluetec, duramax, cummins, powerstroke, power stroke
hybrid: hev, hybrid electric, hybrid electric vehicle, hybrid engine, hybrid fuel, gas hybrid, \
gas/hybrid, gas electric, gas/electric, gas/electric hybrid, gasoline hybrid, gasoline/electric, \
gasoline/electric hybrid, gasoline hybrid electric, electric/gas, electric/gasoline, hybrid/gas, \
hybrid gas, hybrid gas/electric, petrol hybrid, petrol/electric, petrol electric hybrid, \
full hybrid, mild hybrid, mhev, self charging hybrid, electric hybrid, electric/hybrid, \
hybrid gasoline, plug-in hybrid, plugin hybrid, plug in hybrid electric, plug-in, \
plug-in hybrid electric vehicle, plug-in hybrid ev, phev, plug in gas/electric hybrid, \
regular gas and electricity, premium gas or electricity, regular gas or electricity, \
plug-in electric/gas, plug-in hybrid (phev), hybrid (hev), mild hybrid (mhev), gas plug-in hybrid, \
plug-in gas hybrid, diesel hybrid, gas/plug-in hybrid, phev hybrid, hybrid ev
electric: ev, bev, battery, battery electric, battery electric vehicle, all electric, all-electric, \
pure electric, fully electric, full electric, electricity, electric vehicle, electric motor, \
electric fuel, electric fuel system, electric engine, 100% electric, electric (bev), bev electric, \
electric battery, zero emission, electric car, battery electric (bev), battery ev
other: cng, compressed natural gas, compressed natural gas cng, natural gas, lng, lpg, propane, \
propane lpg, liquefied petroleum gas, liquefied petroleum gas propane or lpg, liquid propane, \
hydrogen, fuel cell, hydrogen fuel cell, compressed hydrogen, fcev, methanol, ethanol, m85, \
methanol m85, alternative, alternative fuel, bi-fuel, bifuel, gas/cng, gasoline/cng, \
gasoline/natural gas, convertible to gaseous powered, other fuel
"""

TITLES = """
clean: clear, clean clear, clean/clear, certificate, certificate of, cert of, ct, ct clean, \
unbranded, not branded, non branded, no brand, no brands, clean no brand, normal, standard, \
regular, free and clear, original, clean and clear, clean in hand, green, good, \
certificate of title clean, clean original
rebuilt: reconstructed, restored, rebuilt salvage, salvage rebuilt, prior salvage, r title, \
former salvage, previously salvaged, previous salvage, revived salvage, rebuilt/reconstructed, \
rebuilt/restored, assembled, rebuilt from salvage, salvage/rebuilt, branded rebuilt, \
rebuilt restored, rebuild, re-built, reconditioned, repaired salvage, repairable rebuilt
salvage: salvaged, sc, sv, st salvage, salvage repairable, salvage certificate of, branded salvage, \
total loss, totaled, totalled, insurance loss, insurance total loss, flood, flood damage, \
water damage, flood salvage, flood/water damage, fire damage, hail damage salvage, salvage only, \
salvage flood, rebuildable salvage, salvage history, theft recovery salvage
parts only: parts, for parts, for parts only, part only, junk, junked, scrap, scrapped, \
non-repairable, nonrepairable, non repairable, not repairable, non-rebuildable, unrebuildable, \
certificate of destruction, cert of destruction, destruction, dismantled, dismantler, \
non repairable certificate, junking certificate, parts only bill of sale, irreparable, nr
lien: lienholder, lien holder, lien on, has lien, with lien, bank lien, open lien, under lien, \
lien reported, active lien, financed, loan, on loan, bank owned lien, held by lienholder, \
has a lien, lien exists
missing: no title, lost, no paperwork, bill of sale, bill of sale only, bos, missing/lost, absent, \
without title, no papers, lost or missing
"""

TRANSMISSIONS = """
automatic: a, at, a/t, auto, autom, automatc, automatic w/od, auto w/od, automatic overdrive, \
automatic with overdrive, auto overdrive, cvt, automatic cvt, cvt automatic, auto cvt, ecvt, \
e-cvt, electronic cvt, xtronic cvt, continuously variable, continuously variable cvt, \
continuously variable automatic, variable, automatic variable, variable automatic, \
continuously variable transmission (cvt), dual-clutch transmission (dct), \
automated manual transmission (amt), electronic continuously variable, \
electronic continuously variable e-cvt, automatic continuously variable, \
automatic variable gear ratios, auto av, auto(av), intelligent variable, ivt, dual clutch, dct, \
dual-clutch dct, dual clutch automatic, automatic dual clutch, automatic dct, dsg, pdk, \
s tronic, twin clutch, automated manual, automated manual amt, amt, semi-automatic, \
semi automatic, semiautomatic, tiptronic, steptronic, shiftronic, sportshift, geartronic, \
powershift, sequential automatic, automatic with manual mode, automatic w/manual shift, \
automatic manual mode, manumatic, automanual, auto/manual mode, auto-shift manual, \
auto shift manual w/od, automatic selectshift, shiftable automatic, single speed, 1 speed, \
one speed, single speed automatic, 1 speed automatic, automatic 1 speed, 1 speed direct drive, \
direct drive, single speed fixed gear, automatic a1, auto a1, 2 speed automatic, powerglide, \
dual shift gearbox, multi speed automatic, hydramatic, automatic hydramatic, torqueflite, aut
manual: m, mt, m/t, man, stick, stick shift, stickshift, standard, std, manual/standard, \
standard shift, manual standard, manual w/od, manual with overdrive, manual overdrive, \
manual shift, manuel, clutch, std shift, stick manual, manual stick, standard manual
"""

AUTOMATIC_FORMS = (
    "{n} speed automatic|automatic {n} speed|{n} speed auto|auto {n} speed|{n} spd automatic|"
    "automatic {n} spd|{n} spd auto|auto {n} spd|"
    "{n}spd at|{n} speed at|{n} speed a/t|a/t {n} speed|"
    "{n}at|at{n}|a{n}|{n}a|{n} sp automatic|auto s{n}|automatic s{n}|auto am{n}|automatic am{n}|"
    "auto ams{n}|automatic ams{n}|auto a{n}|automatic a{n}|{n} speed automatic w/od|"
    "{n} speed automatic overdrive|"
    "{n} speed automatic with overdrive|{n} speed automatic auto shift|"
    "{n} speed automatic with auto-shift|"
    "{n} speed shiftable automatic|shiftable {n} speed automatic|"
    "{n} speed dual clutch|{n} speed dct|{n} speed automated manual|{n} speed automatic dct|"
    "{n} speed dual clutch automatic|{n} speed cvt|{n} speed dsg|{n} speed tiptronic|"
    "{n} speed auto-shift manual|auto av s{n}|automatic av s{n}|{n} gear automatic|{n} speed a|"
    "{n} speed automatic with manual mode"
)
MANUAL_FORMS = (
    "{n} speed manual|manual {n} speed|{n} spd manual|manual {n} spd|{n}mt|mt{n}|{n}m|m{n}|"
    "{n} speed mt|{n} speed m/t|m/t {n} speed|{n} sp manual|manual m{n}|{n} speed stick|"
    "{n} speed stick shift|{n} speed standard|{n} speed manual w/od|{n} speed manual overdrive|"
    "{n} speed manual with overdrive|standard {n} speed|{n} gear manual|{n} speed m|{n} spd m/t"
)
NUMBERS = dict(enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2))
AUTOMATIC_GEARS, MANUAL_GEARS = range(3, 11), range(3, 8)

# `2WD` and `4x2` say neither front nor rear: they are not here.
DRIVES = """
4wd, awd: 4x4, 4 x 4, 4×4, 4by4, 4wdr, 4 wd, four wd, four by four, four wheel drive, \
4 wheel drive, four wheel, 4 wheel, 4-wheel, four-wheel, four wheels, 4 wheels, 4wd/4x4, 4x4/4wd, \
4wd/4-wheel drive/4x4, 4wd/awd, awd/4wd, awd or 4wd, 4wd or awd, awd/4x4, 4x4/awd, part time 4wd, \
part-time 4-wheel drive, full time 4wd, full-time 4-wheel drive, 4-wheel or all-wheel drive, \
4x4 with rear wheel drive, 4x4 w/rear whl drv, 4x4 w/front whl drv, four wheel drive 4wd, \
4-wheel drive (4wd), all four, four, all 4, all four wheels, 4motion 4x4, selectable 4wd, 4wd 4x4, \
4wd part time, 4wd full time, 4wheeldr
awd, 4wd: all wheel drive, all-wheel, all wheel, all wheels, awd/all-wheel drive, all wheel drive awd, \
all-wheel drive (awd), all, full time awd, part time awd, full-time all-wheel drive, symmetrical awd, \
quattro, 4matic, 4-matic, xdrive, 4motion, sh-awd, s-awc, x-drive, awd all wheel drive, allwheel, \
e-awd, intelligent awd, allwd, automatic full-time 4wd
fwd: front wheel drive, front-wheel, front wheel, front wheels, front, front drive, frontwheel, \
fwd/front-wheel drive, front wheel drive fwd, front-wheel drive (fwd), fwd front wheel drive, \
2wd front, 2wd fwd, 4x2 front, 2-wheel drive front, 2wd front wheel drive, fwd 4x2, \
2-wheel drive - front, sdrive fwd, frontwd
rwd: rear wheel drive, rear-wheel, rear wheel, rear wheels, rear, rear drive, rearwheel, back, \
rwd/rear-wheel drive, rear wheel drive rwd, rear-wheel drive (rwd), rwd rear wheel drive, \
2wd rear, 2wd rwd, 4x2 rear, 2-wheel drive rear, back wheel drive, 2wd rear wheel drive, rwd 4x2, \
2-wheel drive - rear, rearwd
"""

SIZES = """
full-size: full, large, full size car, large car, large cars, big, fullsize car, full-sized
mid-size: mid, midsize car, midsize cars, medium, intermediate, mid-sized, medium size
compact: small, compact car, compact cars, small car
sub-compact: subcompact car, subcompact cars, minicompact, minicompact cars, mini compact, \
supermini, very small
"""

TYPES = """
sedan: saloon, sedan/saloon, sedans, 4dr sedan, 4 door sedan, four door sedan, 4d sedan, sedan 4d, \
sedan 4dr, sedan 4 door, 4dr car, 4 door car, \
sport sedan, sports sedan, luxury sedan, 2dr sedan, 2 door sedan, 2d sedan, sedan 2d, sedan 2dr, \
sedan 2 door, notchback, notchback sedan, sdn, sedan car
suv: sport utility, sports utility, sport utility vehicle, sports utility vehicle, suvs, s.u.v., \
sport utility 4d, sport utility 2d, 4d sport utility, 2d sport utility, 4dr suv, 2dr suv, suv 4d, \
suv 4dr, suv 2d, 4 door suv, suv 4 door, sport utility vehicle suv, sport utility suv, 4dr spor, \
sport utility vehicle (suv)/multi-purpose vehicle (mpv), crossover, crossovers, cuv, suv/crossover, \
crossover/suv, crossover suv, suv crossover, crossover utility vehicle, \
crossover utility vehicle (cuv), compact suv, midsize suv, mid-size suv, full-size suv, small suv, \
large suv, luxury suv, subcompact suv, utility, sport utility 4-door, sport utility 4 door, \
2dr sport utility, 4dr sport utility, activity vehicle, sav, \
sports activity vehicle, standard suv, small sport utility, standard sport utility vehicle, \
small sport utility vehicle
pickup, truck: pick-up, pick up, pickups, pickup truck, pick-up truck, pick up truck, pickup trucks, \
truck pickup, pickup/truck, truck/pickup, sport pi, crew pic, pickup crew cab, pickup extended cab, \
pickup regular cab, light truck, half ton, half ton pickup, 1/2 ton pickup, 3/4 ton pickup, \
1 ton pickup, sport pickup, ute, standard pickup truck, small pickup truck, sport utility truck, \
sport utility truck (sut), sut, light duty truck
truck, pickup: trucks, lorry, box truck, dump truck, flatbed, flatbed truck, stake bed, \
chassis cab, cab chassis, cab & chassis, cab and chassis, semi, semi truck, truck-tractor, \
tow truck, utility truck, work truck, service truck, straight truck, medium duty truck, \
heavy duty truck, heavy truck, cutaway, reefer truck, regular cab chassis-cab, crew cab chassis-cab
hatchback: hatch, hatchbacks, hatchback 4d, 4d hatchback, hatchback 2d, 2d hatchback, hatchback 5d, \
hatchback 3d, 4dr hatchback, 2dr hatchback, 3dr hatchback, 5dr hatchback, 5-door hatchback, \
3-door hatchback, 4-door hatchback, 2-door hatchback, hatchback 5-door, hatchback 3-door, liftback, \
hatchback/liftback/notchback, hatchbac, hatchback 4 dr, hatchback 2 dr, liftback 5d
coupe: coupé, coupes, coupe 2d, 2d coupe, 2dr coupe, coupe 2dr, 2 door coupe, \
coupe 2 door, 2dr car, 2 door car, sport coupe, sports coupe, sports car, \
sport car, sportscar, grand tourer, gran turismo, grandtourer, cpe, 4dr coupe, 4 door coupe, \
supercar, gran coupe, coupe car, coupe 4d
wagon: estate, station wagon, stationwagon, station, wagons, wagon 4d, 4d wagon, wagon 4dr, \
4dr wagon, 4 door wagon, wagon 4 door, 5dr wagon, estate car, touring wagon, sport wagon, \
sports wagon, sportwagon, shooting brake, tourer, avant, wgn, small station wagon, \
midsize station wagon, sport wagon 4d, estate wagon
van, mini-van: vans, cargo van, cargo vans, passenger van, full-size van, full size van, work van, \
panel van, conversion van, step van, step van / walk-in van, walk-in van, van cargo, van passenger, \
full-size cargo van, full-size passenger van, cargo va, 3dr van, extended cargo van, van camper, \
extended passenger van, extended van, regular cargo van, commercial van, passenger vans, van 3d, \
crew van, cargo van 3d, full size cargo van, full size passenger van, camper van, campervan
mini-van, van: minivan, mini van, minivans, mini vans, passenger minivan, mini passenger van, \
mini-van passenger, mini-van cargo, mini cargo van, cargo minivan, minivan 4d, 4dr minivan, \
minivan/van, family van, minivan passenger, people carrier, \
minivan 3d, small van, minivan 2wd, minivan cargo
convertible: cabriolet, cabrio, convertibles, convertible/cabriolet, roadster, spyder, spider, \
drop top, droptop, drop-head, drophead coupe, soft top, softtop, targa, convertible 2d, \
2d convertible, 2dr convertible, convertible 2dr, 2 door convertible, converti, roadster 2d, \
2d roadster, convertible 4d, soft top convertible, hard top convertible, hardtop convertible, \
retractable hardtop, convertible 2 door, convertible car, conv, speedster, barchetta
offroad: off-road, off road, off-roader, off road vehicle, off-road vehicle, offroader
bus: buses, school bus, shuttle bus, coach, minibus, mini bus, mini-bus, motor coach, bus - school bus, \
transit bus, shuttle, passenger bus, party bus
"""
CABS = (
    "crew cab|extended cab|regular cab|double cab|quad cab|mega cab|king cab|access cab|club cab|"
    "standard cab|super cab|supercab|supercrew|super crew|supercrew cab|super crew cab|crewmax|"
    "crew max|crewmax cab|crew max cab|xtracab|xtra cab|single cab|ext cab|reg cab|extra cab|"
    "long cab|stepside|fleetside|smart cab|4 door cab|extended crew cab|dually|short cab"
)
CAB_FORMS = (
    "{cab}|{cab} pickup|{cab} pickup truck|{cab} truck|pickup {cab}|truck {cab}|"
    "{cab} pickup short bed|{cab} pickup standard bed|{cab} pickup long bed|"
    "{cab} pickup extra long bed|{cab} short bed|{cab} long bed|{cab} standard bed|{cab} 4d|"
    "{cab} pickup 4d|{cab} pickup 2d|{cab} 2d|{cab} 4dr|4dr {cab}"
)

COLOURS = """
black: blk, bk, jet black, ebony, onyx, black on black, midnight black, tuxedo black
white: wht, wh, whi, off white, off-white, snow, ivory, cream, oxford white, bright white
silver: sil, slv, silver or aluminum, aluminum, silver/grey, silver/gray, platinum, chrome
grey: gray, gry, gra, charcoal, gunmetal, gun metal, graphite, slate, magnetic, granite, \
grey/silver, gray/silver, ash, pewter, steel, charcoal grey, charcoal gray, magnetic gray
red: maroon, burgundy, mar, crimson, ruby, candy red, wine, cherry, burg, scarlet, cardinal
blue: blu, navy, navy blue, royal blue, sky blue, teal, turquoise, aqua, baby blue
brown: bro, brn, tan, beige, bronze, bge, mocha, chocolate, taupe, brown or beige, beige/brown, \
sand, copper, espresso, coffee, sandstone
green: grn, gre, olive, forest green, hunter green, lime, lime green, army green, mint green
yellow: yel, yellow or gold, bright yellow
orange: ong, org, orn, burnt orange, tangerine
purple: pur, ple, violet, lavender, plum, purple or violet, lilac
custom: multi, multicolor, multi-color, multicolour, multicolored, multi-colored, two tone, two-tone, \
2 tone, 2-tone, camo, camouflage, wrapped, wrap
"""
SHADES = (
    "{colour} metallic|metallic {colour}|{colour} pearl|pearl {colour}|light {colour}|"
    "dark {colour}|bright {colour}|deep {colour}|{colour} clearcoat|{colour} pearlcoat|"
    "{colour} metallic clearcoat|matte {colour}|{colour} mica|medium {colour}|lt {colour}|"
    "dk {colour}|{colour} tricoat|gloss {colour}|pale {colour}|{colour} crystal"
)

CYLINDER_FORMS = (
    "{n}|{n} cyl|{n}cyl|{n} cyls|{n} cylinder|{n} cyl engine|{n} cylinder engine|{n}.0|{n}c|v{n}|"
    "v{n} engine|v{n} cylinder|v{n} {n} cylinder|i{n}|l{n}|inline {n}|inline {n} cylinder|"
    "straight {n}|w{n}|h{n}|flat {n}|"
    "flat {n} cylinder|boxer {n}|{n} cylinder inline|{n} cyl inline|"
    "inline-{n} cyl|{n} in-line|in-line {n}|{n} cylinder v|{n} cyl v|{n} cylinder boxer|v{n} cyl|"
    "{n} cylinder flat|i{n} cyl|i{n} engine|i{n} cylinder|cyl {n}|cylinders {n}|{n} v|vr{n}|"
    "{n} cylinder turbo|{word}|{word} cylinder|{word} cylinders|{word} cyl|v {word}|inline {word}|"
    "{n} cylinder v{n}|h{n} cylinder|flat {word}|straight {word}|v{n} gas|v{n} turbo|i{n} turbo"
)
NO_CYLINDERS = "other: rotary, wankel, rotary engine"

TABLES = {
    "manufacturer": MAKES,
    "condition": CONDITIONS,
    "cylinders": "\n".join(
        [*(f"{count} cylinders:" for count in NUMBERS if count not in (7, 9, 11)), NO_CYLINDERS]
    ),
    "fuel": FUELS,
    "title_status": TITLES,
    "transmission": TRANSMISSIONS,
    "drive": DRIVES,
    "size": SIZES,
    "type": TYPES,
    "paint_color": COLOURS,
}

# None says kilometres: the model knows miles.
COLUMN_NAMES = {
    "manufacturer": (
        "make|brand|maker|marque|make name|manufacturer name|vehicle make|car make|mfr|mfg|"
        "manufacture|manufacturers|brand name|make desc|make description|oem|auto make|makename"
    ),
    "model": (
        "model name|make model|model trim|vehicle model|car model|model desc|model description|"
        "model group|mdl|modelname|model and trim|series model|nameplate"
    ),
    "year": (
        "model year|yr|my|year made|year built|production year|vehicle year|car year|yom|"
        "build year|year of manufacture|manufacture year|registration year|year model|modelyear|"
        "year of production|manufactured year|first registration year|vyear"
    ),
    "odometer": (
        "mileage|miles|odo|mi|odometer reading|odometer mi|odometer mls|odometer miles|"
        "current mileage|vehicle mileage|mileage value|mileage miles|miles driven|odometer value|"
        "current odometer|odo reading|vehicle odometer|mls|"
        "mileage mi|total miles|vehicle miles|milage|milege|odometer in miles"
    ),
    "condition": (
        "cond|condition grade|state of repair|vehicle condition|car condition|overall condition|"
        "condition rating|condition description|condition of vehicle"
    ),
    "cylinders": (
        "cyl|cyls|cylinder|cylinder count|number of cylinders|engine cylinders|no of cylinders|"
        "num cylinders|engine cylinder count|engine number of cylinders|cylinder number|"
        "num of cylinders|engine cyl|cylinders count|nr of cylinders"
    ),
    "fuel": (
        "fuel type|fuel kind|gas type|fuel type primary|engine fuel|engine fuel type|fuel types|"
        "fuel used|fuel description|primary fuel|fueltype|vehicle fuel|fuel desc|power source|"
        "energy source|fuel1"
    ),
    "title_status": (
        "title type|title state|title brand|sale title type|title condition|title code|"
        "vehicle title|title kind|title status code|title description|"
        "titlestatus|title brand status|title branding|doc type|sale doc|sale document"
    ),
    "transmission": (
        "trans|gearbox|transmission type|gear|gears|transmission style|trans type|trany|"
        "transmission description|gear type|transmission desc|gearbox type|shifter|trans desc|"
        "transmission name|tranmission|transmision"
    ),
    "drive": (
        "drivetrain|drive train|drive type|driven wheels|wheel drive|drive wheels|driveline|"
        "drive line type|driveline type|drivetype|drive wheel|drivetrain type|wheels driven|"
        "drivetrain description|drv|drivetrain desc|drive line|axle drive"
    ),
    "size": "size class|class|vehicle size|size category|vehicle class|vehicle size class|car size",
    "type": (
        "body|body type|body style|body class|style|shape|vehicle type|car type|bodystyle|bodytype|"
        "body description|vehicle body|body shape|body style name|carrosserie|bodyclass|body desc|"
        "chassis type|vehicle style|segment|type of body"
    ),
    "paint_color": (
        "color|colour|paint|paint colour|exterior color|exterior colour|ext color|ext colour|"
        "body color|body colour|exterior|vehicle color|car color|outside color|colour exterior|"
        "color exterior|exterior color generic|generic color|exterior color name|base color|"
        "ext color generic|exterior paint color|colour name|color name|exteriorcolor|extcolor"
    ),
    "state": (
        "st|us state|state code|state name|location state|seller state|dealer state|"
        "state province|state abbreviation|province|state or province|vehicle location state|"
        "region state|state abbr|address region"
    ),
    "region": (
        "area|city|location|metro|metro area|location city|region name|market|craigslist region|"
        "seller city|dealer city|city name|metro region|dma|town|address city|location name"
    ),
}


def squashed(text: str) -> str:
    """Return the letters and digits alone, in one case: `F.W.D.` and `fwd` are the same."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def model_words(model: str, make: str) -> tuple[str, ...]:
    """Return what `words` of serving_model.py returns, and a test holds them equal.

    Here without what that module imports: it would double the memory of the data steps.
    """
    parts = map(squashed, re.sub("[&+]", " ", unicodedata.normalize("NFKC", model)).split())
    text = " ".join(part for part in parts if part not in ("", "and"))
    named = re.sub(r"\b([^\W\d]) (?=\d)", r"\1", text).split()
    makes = {squashed(make), *map(squashed, re.split(r"[\s-]+", make))}
    while len(named) > 1 and named[0] in makes:
        named = named[1:]
    if not named:
        return ()
    rest = named[0].removeprefix(squashed(make))
    is_name = len(rest) > 2 or any(map(str.isdigit, rest))
    return (rest if is_name else named[0], *named[1:])


def other_names(name: str, options: Sequence[str]) -> dict[str, str]:
    """Return the squashed other names of a category's options, and the option of each.

    What is itself an option, squashed or not, is no other name.
    """
    own = {squashed(option) for option in options}
    names: dict[str, str] = {}
    for targets, others in groups_of(name):
        option = next((target for target in targets if target in options), None)
        if option is not None:
            for other in (*targets, *others):
                names.setdefault(squashed(other), option)
    for option in options:
        names.setdefault(_without_accents(option), option)
    if name == "manufacturer":
        for other, (unless, make) in AMBIGUOUS_MAKES.items():
            if make in options and not set(unless) & set(options):
                names[other] = make
    return {other: option for other, option in sorted(names.items()) if other not in own}


def column_names(name: str) -> list[str]:
    """Return what other tables call the column of a feature."""
    return COLUMN_NAMES[name].split("|") if name in COLUMN_NAMES else []


@lru_cache(maxsize=None)
def kaggle_names(name: str) -> dict[str, str]:
    """Return the other names of the options that the data set's site has, and their spellings."""
    options = KAGGLE_OPTIONS.get(name, [])
    return {squashed(option): option for option in options} | other_names(name, options)


def groups_of(name: str) -> list[tuple[list[str], list[str]]]:
    """Return pairs of options, the first that is there counts, and their other names."""
    groups = [_read(line) for line in TABLES.get(name, "").strip().splitlines()]
    if name == "state":
        groups = [_of_state(entry) for entry in STATES.strip().split("|")]
    return [(targets, list(_all_forms(name, targets, others))) for targets, others in groups]


def _read(line: str) -> tuple[list[str], list[str]]:
    targets, _, others = line.partition(":")
    return _listed(targets), _listed(others)


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _of_state(entry: str) -> tuple[list[str], list[str]]:
    code, *others = entry.split()
    return [code], [f"us-{code}", *(other.replace("_", " ") for other in others)]


def _all_forms(name: str, targets: list[str], others: list[str]) -> Iterable[str]:
    """Yield the other names of a group, and what can be said with each of them."""
    yield from others
    if name == "title_status":
        for base in (*targets, *others):
            yield from (f"{base} title", f"title {base}", f"{base} certificate", f"{base} status")
    elif name == "condition":
        yield from (f"{base} condition" for base in (*targets, *others))
        yield from (f"used {base}" for base in (*targets, *others) if targets[0] != "new")
    elif name == "transmission":
        yield from (f"{base} transmission" for base in (*targets, *others))
        yield from (f"{base} trans" for base in (*targets, *others))
        yield from _gears(targets[0])
    elif name == "type" and targets[0] == "pickup":
        for cab in CABS.split("|"):
            yield from (form.format(cab=cab) for form in CAB_FORMS.split("|"))
    elif name == "paint_color":
        for colour in (*targets, *({"gray"} & set(others))):
            yield from (form.format(colour=colour) for form in SHADES.split("|"))
    elif name == "fuel":
        yield from (f"{base} vehicle" for base in targets)
    elif name == "cylinders" and targets[0] != "other":
        count = int(targets[0].split()[0])
        forms = CYLINDER_FORMS.split("|")
        yield from (form.format(n=count, word=NUMBERS[count]) for form in forms)


def _gears(transmission: str) -> Iterable[str]:
    automatic = transmission == "automatic"
    forms = (AUTOMATIC_FORMS if automatic else MANUAL_FORMS).split("|")
    for gears in AUTOMATIC_GEARS if automatic else MANUAL_GEARS:
        for form in forms:
            yield form.format(n=gears)
            yield form.format(n=NUMBERS[gears] if "speed" in form else gears)


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return squashed("".join(part for part in parts if not unicodedata.combining(part)))
