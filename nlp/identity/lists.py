"""Word lists of identity matching: data, no rules."""

from __future__ import annotations


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_MAIL = _listed(
    """
    126.com 163.com aol.com bk.ru btinternet.com comcast.net duck.com email.com fastmail.com fastmail.fm free.fr freenet.de
    gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr
    hotmail.it icloud.com inbox.lv inbox.ru laposte.net libero.it list.ru live.co.uk live.com live.de live.fr live.nl mac.com
    mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com o2.pl online.de onet.pl orange.fr outlook.com outlook.de
    outlook.fr pm.me posteo.de proton.me protonmail.com qq.com rediffmail.com rocketmail.com seznam.cz sfr.fr sky.com t-online.de
    telenet.be tiscali.it tuta.com tutanota.com verizon.net virgilio.it wanadoo.fr web.de wp.pl xs4all.nl yahoo.ca yahoo.co.in
    yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com zoho.com
    """
)
"""Mail providers: the domain says nothing about the person's company."""

SHARED_HOSTS = _listed(
    """
    about.me beehiiv.com bearblog.dev bit.ly blogger.com blogspot.com buttondown.email carrd.co dev.to disqus.com feedburner.com
    ghost.io goo.gl google.com gravatar.com hashnode.com hashnode.dev hubpages.com jimdo.com jimdofree.com linktr.ee
    livejournal.com medium.com micro.blog neocities.org notion.site over-blog.com posthaven.com prose.sh rssing.com
    sites.google.com squarespace.com steemit.com substack.com svbtle.com t.co telegra.ph tinyurl.com tumblr.com typepad.com
    weebly.com wix.com wixsite.com wordpress.com write.as youtu.be
    """
)
"""Blog hosts, link lists and shorteners: many people's sites on one domain, so it belongs to none of them."""

SOCIAL = _listed(
    """
    bitbucket.org bsky.app codeberg.org discord.com facebook.com fosstodon.org g2.com github.com gitlab.com hachyderm.io
    instagram.com linkedin.com mas.to mastodon.online mastodon.social mstdn.social news.ycombinator.com pinterest.com
    producthunt.com quora.com reddit.com stackexchange.com stackoverflow.com threads.net tiktok.com trustpilot.com twitch.tv
    twitter.com x.com xing.com ycombinator.com youtube.com
    """
)
"""Platforms: an address there is a profile, not a site of one's own."""

TITLES = _listed("dr prof mr mrs ms mx miss sir phd msc bsc mba md ing dipl jr sr ii iii")
PARTICLES = _listed("bin da das de del della den der di do dos du el la le ter van vd von y zu")
LEGAL_FORMS = _listed(
    "vos rl shpk tic sapa scs kom eg ev ood jdoo dd dno bvi limitada anonima anonyme "
    "ike epe oe ae tnhh bt private wll sad ks aktiengesellschaft gesellschaft coltd pvt "
    "aps as asa bhd bvba cia coop cv cvba cyf doo ead eireli ehf eirl ek enterprise enterprises eood epe ets eurl ev fze "
    "gbr gesmbh gie gk hf "
    "incorp intl jsc kd kft kgaa kk komm lda lp mbb nig nyrt oao oeg ohg ood ooo ou pjsc prjsc pt pvt pvtltd rt sab sac sae "
    "sapi sasu sca "
    "scarl scop scrl sdn sia sl sll slu snc spa spj spk sp spolka ss stiftung sti tbk tov tzov uab vof vzw yk zao zoo zrt zs "
    "ab ag as bv co corp corporation gmbh group gruppe groupe holding holdings inc incorporated kg limited llc llp lp ltd "
    "ltda mbh nv oy oyj plc pte "
    "pty sa sarl sas se spa spzoo srl sro ug"
)
LEGAL_LINKS = _listed("de z s sp spol e i y und and")
"""Small words between the parts of a legal form: S.A. de C.V., Sp. z o.o., spol. s r.o."""
SHARED_MAILBOXES = _listed(
    """
    abuse accounting accounts admin administration billing bonjour booking bookings buchhaltung careers ciao contact contacto
    contato contatti customercare customerservice einkauf enquiries events feedback finance hallo hello help helpdesk hi hola hr
    info information inquiries invoice invoices it jobs kontakt kundenservice legal mail marketing media newsletter office
    orders partners post postmaster pr press presse procurement purchasing rechnung rechnungen reception recruiting sales
    security service servicedesk shop staff support team tech vendas ventas verkauf vertrieb webmaster
    """
)
"""Mailboxes of several people: they show a company, and nobody in particular."""
NOT_PEOPLE = _listed(
    """
    about apps blog contact enterprise events explore features hashtag help home i intent jobs login marketplace notifications
    orgs pages pricing privacy search settings share signup sponsors topics trending
    """
)
"""First parts of paths that are no accounts."""
INSTANCES = _listed("fosstodon.org hachyderm.io mas.to mastodon.online mastodon.social mstdn.social")
"""Instances that many take for granted: a handle in a CRM without its instance is looked for there."""

NICKNAMES = """
abigail abby, albert al bert, alexander alexandra alex sasha sandra, alfred fred alf, andrew andrea andy drew, anthony tony,
antonio toni, barbara barb babs, benjamin ben benny, bernard bernie, catherine katherine kathryn kate katie cathy kathy kat,
charles charlie chuck, charlotte lottie, christina christine chris tina, christopher chris kit, daniel daniela dan danny
dani, david dave davy, deborah debra deb debbie, dennis denny, donald don donnie, dorothy dot dottie, edward ed eddie ted
ned, eleanor ellie nell, elizabeth liz lizzy beth betty eliza lisa, emily em, emma em, eugene gene, florence flo, frances
fran, francis francisco frank paco, franz francis, frederick friedrich fred freddie fritz, gabriel gabriela gabe gabi, george
georg, gerald jerry, giovanni gianni, giuseppe beppe pino, gregory greg, guillaume will, harold harry hal, henry heinrich
harry heinz, isabella isabel bella, jacob jake, jacqueline jackie, james jim jimmy jamie, janet jan, jeffrey jeff, jennifer
jen jenny, jeremy jerry, jessica jess jessie, joan joanne joanna jo, johannes johann hans hannes, john jack johnny, jonathan
jon johnny, jose pepe, joseph joe joey josef sepp, joshua josh, judith judy, karl carl charles, katharina kathrin kathi,
kenneth ken kenny, kimberley kimberly kim, laura laurie, lawrence laurence larry, leonard leo len lenny, louis lou louie,
ludwig lutz, margaret maggie meg peggy marge greta, maria mary mia, martin marty, mary molly polly, matthew matt, matthias
matthew matt, maximilian max, megan meg, melissa mel, michael michelle mike mick mickey mitch, miguel mike, natalie nat,
natasha natalia tasha, nathaniel nathan nate nat, nicholas nicolas nikolaus nick nico klaus, nicole nicki, olivia liv, oliver
ollie, oscar ossie, pamela pam, patricia pat patty trish, patrick pat paddy, peter pete, philip phillip phil, priscilla
cilla, rachel rach, raymond ray, rebecca becky becca, richard rick ricky dick rich, robert rob robbie bob bobby bert, roberto
rob, rodney rod, roger rodge, ronald ron ronnie, rosemary rose rosie, russell russ, samuel samantha sam sammy, sarah sara
sally, sebastian seb, simon si, stanley stan, stephanie steph, stephen steven stefan steve, susan suzanne sue susie, terence
terry, theodore theo ted, theresa teresa terry tess, thomas tom tommy, timothy tim timmy, ulrich uli, valerie val, veronica
ronnie vero, victor vic, victoria vicky vic tori, vincent vince vinny, virginia ginny, walter walt wally, wilhelm william
willi, william bill billy will liam, wolfgang wolf, yvonne eve, zachary zach zack, abraham abe bram, adam addy, adelaide
adele heidi, agnes aggie nessa, agnieszka aga agusia, alan al, alejandro alexandro ale sandro jandro, aleksander alexander
alek olek sasha, aleksandra alexandra ola sasha, alessandro alessandra sandro sandra ale, alexey aleksey alexei aleksei
oleksiy lyosha alyosha lesha lesa losha, alice ali, alison ally, amanda mandy, amelia millie amy mia, anastasia nastya nastia
stacy, anatoly tolya, andreas andy andi, andrei andrey andriy andrzej andrew andryusha jedrek, angela angie, anna ann anne
annie anya ania asia nan nancy hanna hannah, annemarie annie, antoine tony toinou, antonina tosia tonya, antonio antonino
toni tony nino tonio, archibald archie, arnold arnie, arthur art artie, artur artek, august gus, augustin gus, barbara basia
bara, bartholomew bart, bartlomiej bartek bartosz, beatrice beatriz bea trixie, benedikt ben, bernd bernhard bernard, bogdan
bohdan boda, boris borya, bronislaw bronek, camille cam, carlos carlitos charly, carmen carmela menchu, caroline carolina
carrie caro lina, cassandra cass cassie, catalina cata lina, cecilia ceci cilla cissi, chiara chia, christian chris,
christoph christof chris stoffel toph, christopher topher, claudia clau, clemens clement, clifford cliff, concepcion concha
conchita, cornelia conny nelly, cornelis cees kees cor, cynthia cindy, dariusz darek, darya daria dasha dasa, desmond des,
diego santiago santi yago, dimitrios dimitris mitsos, dirk diederik, dmitry dmitri dmytro dima mitya, dolores lola, domenico
mimmo nico, dominic dominik dom nick, douglas doug, edmund ed ned, eduard edi, eduardo edu lalo, edwin ed eddie, edyta edi,
ekaterina yekaterina katerina kateryna katya katia kate, elaine lainie laney, eleni lena elena helen helena, elena lena
lenka, eleonora nora lora, elisabeth elisabetta elisabet elizaveta elzbieta elizabeth ela lisa lis lise liesel elli betti
betta sissi liza elsa else bettina, elisa eli, ellen nell nellie, emanuele manu lele, emiliano emi, emily emmy millie,
emmanuel manu manny, enrico rico, enrique quique kike, ernest ernie, ernesto neto, erzsebet erzsi bozsi, esther essie, ethel
effie, eugenia jenia zhenya, evangelia evangelos vangelis litsa, evgeny yevgeny evgeni evgenia zhenya, ewa ewka, federico
fede, felicia fay, ferdinand ferdi nando, fernando nando fer, filippo pippo, florian flo, francesca franca cesca, francesco
franco ciccio cesco, francisco pancho paco fran curro kiko, francoise fanfan, frederik frederic fred freek, gabriel gab,
galina halyna galya halya, genevieve ginette, geoffrey geoff jeff, georges jojo, georgios giorgos yorgos george, gerard ger
gerry, gerhard gerd, gertrude gertrud trudy gert, gianluca luca, gilbert gil bert, giovanna gianna vanna, giovanni gianni
nanni vanni, giuseppina pina giusy, giuseppe peppe beppe pino pippo peppino, gloria glo, gonzalo gonza, grace gracie,
graciela chela, grazyna grazynka, grigory grigoriy grisha, grzegorz grzesiek, guadalupe lupe lupita, guillermo guille memo,
gulsum gul, gustav gus, gwendolyn gwen, hannelore hanne lore, harriet hattie, hector tito, heinrich heiner heinz hein, helene
lene, hendrik henk rik, henrietta etta hettie, henryk heniek, herbert bert herb, hermann manni, hubert bert, hugo huguito,
ignacio nacho, igor ihor, ildefonso fonso, ilya illia ilia, ingrid inge, ioannis giannis yannis, irina iryna ira irena, irene
rena, isaac ike, isidora dora, ivan vanya vania ivo, jacek jacus, jacob jakob jaap kobe koos, jacqueline jacqui, jakub kuba,
jan janek johnny, janet jan jeanette jeannette, jan jean, jaroslav jarda, jaroslaw jarek, javier javi, jean jeannot, jeroen
jerry, jerzy jurek, jesus chus chuy, joachim achim jochen, joanna asia joasia, joaquin quino ximo, johanna hanna hanne jo,
johannes jo joop jan, jorge coque, jose pepe chepe pepito zeca ze, josef josefine pepa sepp beppo, josephine jo josie, juan
juanito juancho, julia julie jules, julian jule jules, juliana juli, julio julito, justin jus, justyna justa, jurgen juergen
jorgen, karoline karo lina, karolina karo, katarzyna kasia kaska, katarina kata katka kati, kenneth kendrick ken, khadija
dija, kimberley kimberly kim, konrad conny kurt, konstantin kostya kostia kostas costa, konstantinos kostas dinos, krzysztof
krzysiek krzys, ksenia kseniya oksana ksyusha ksyusa xenia, ladislav lada, larisa lara, leander lee, leopold leo poldi,
leticia leti, lidia lida, lieselotte lilo lotte, lillian lily lil lilly, linda lin, lorenzo renzo lolo, luca luchino, lucia
lucy luz lucie, lucas lukas luke luc, luciano lucho, ludmila lyudmila luda mila, ludovic ludo, luigi gigi gino, luis lucho
luisito luisinho, lukasz luka lukas, lyubov luba lyuba, maciej maciek, madeleine maddie madeline maddy leni, magdalena magda
lena madzia leni, magdalene lena, malgorzata gosia malgosia margarita margaret, manuel manolo manu lolo, manuela manu ela,
marcel mars, marcin marcinek, marco marc marcus markus mark marek, margaret margarete marjorie peggy daisy maisie rita
gretchen gretel gitta margot madge, margarita rita marga ritusha, maria mia marie mariechen mitzi masha marusia marysia mari
maruja mimi, marianne mary, marilyn mary, marina mari, mario marius, mariusz mario, martha marty patsy, martina tina, maryam
mariam miriam, matilda tilda tilly, mateusz matthew mati, matthieu mathieu matt, mauricio mau, maurice morey moe mo,
maximilien max, mechthild mecki, melanie mel, melissa lissa missy, mehmet memo, mercedes merche, michael mikey mischa micha
michel michi mikhail, michal misiek, michele lele, mikhail mykhailo misha mihail, miguel miki migue, mildred millie, milos
milan, mohamed mohammed muhammad mohammad mo moh hamada, monika moni, monica moni, mustafa musti, mykola nikolai kolya,
nadezhda nadia nadja nadya, natalia natalya nataliya natasha natalka talia, nicole nicky nikki, nicolas nico colas, nicoletta
nico, nikita nik, nikolai nikolay kolya kolia, nikolaos nikos, noemi mimi, norbert bert nobbi, octavio tavo, oleksandr
aleksandr alexander sashko sasha oles, oleksandra sasha lesya, olga olya olha olia, osvaldo valdo, pablo pablito, panagiotis
panos takis, pascale pasc, patricia patti trisha tricia, patricio pato, paul paulie pavel pawel pavlo pasha, paula pauli,
paulina pola, pedro perico pedrito, penelope penny, petra pet, petronella nel nelleke, philippe phil, phyllis phil, pieter
piet peter, pilar pili, piotr piotrek, polina polya, przemyslaw przemek, rachel shelly rae, rafael rafa rafi, rafal rafalek,
raimund rai, ramon moncho, raphael raph, raul rulo, reinhard reiner, remigiusz remek, renata reni, ricardo richi rico ricky,
robert robbert robin, roberta bobbie, roberto beto, roderick rod, rodrigo rodri, roland rolf, roman romek, ronald ron,
rosalind roz, rosa rosie rosita, rosario charo sario, rudolf rudi rolf, ruth ruthie, ryszard rysiek, salvatore salvo toto
turi, salvador salva chava, sandra sandy, santiago santi, sara sadie, sebastian basti seba bastian, sebastien seb, serena
sere, sergei sergey serhiy serhii seryozha serezha, sergio checo, shirley shirl, sigrid siri, silvia silvi, slawomir slawek,
sofia sofie sophia sophie sonia sonya zofia zosia, soledad sole, solomon sol, stanislav stas standa slava, stanislaw staszek
stas stach, stefan steffen stevo, stefania stefi, stephane steph, svetlana svitlana sveta lana, sylvia syl silvia, szymon
simon, tadeusz tadek, tamara toma, tatiana tatyana tetiana tanya tania, teodoro teo, teresa tere maite, theodor theo,
theodora dora thea, theresia resi resl, thijs matthijs mathijs, tobias tobi toby, tomasz tomek, tomas tom tomek, tommaso
tommy maso, ursula uschi uli ulla, uwe udo, vaclav vasek vena, valentina vale valya, valentin tino, vasily vasyl vasya,
vasilios vasilis, veronika vera nika, vicente chente, victor viktor vitya, viktoria vika vicky, vincenzo enzo vince, virginia
ginnie, vitaly vitalii vitalik, vittorio vito, vladimir volodymyr vova volodya vlad, vladislav vladyslav vlad slava,
vyacheslav viacheslav slava, waldemar waldi waldek, walburga wally, walther walter, werner wern, wilfried willi fred, wilhelm
wim, wilhelmina mina wilma, willem wim pim, wincenty wicek, winifred winnie, wladyslaw wladek, wlodzimierz wlodek, wojciech
wojtek, xavier xavi javier, yasmin jasmin, ximena mena, yulia yuliia julia yulya, yuri yuriy yury yura, zachariah zach,
zbigniew zbyszek, zdenek zdenda, zdzislaw zdzisiek, zoltan zoli, laszlo laci, istvan pista isti, janos jani, jozsef joska,
ferenc feri, gyorgy gyuri, andras andris bandi, attila ati, sandor sanyi, katalin kata kati, ilona ili ica, maria marika
mari, eszter eszti, zsuzsanna zsuzsa zsuzsi, gudrun gunna runa, sigurdur siggi, gudmundur gummi gvendur, jon nonni, kristin
kristina stina, margareta greta maggan, kristoffer kris stoffe, kristian kris, lars lasse, mikael micke mika, nils nisse,
bjorn bjossi, anders ante, per pelle, karin kajsa, lennart lelle, mohan mo, lakshmi laxmi, krishnan krishna kris, venkatesh
venkat, rajesh raj, rajendra raj raju, sanjay sanju, vijay viju, priya priyanka, subramanian subbu mani, ibrahim ibo brahim,
huseyin husi, fatma fatos, emine emi, ismail isma, abdullah abdul abdel apo, abdelrahman abdulrahman abdul abdo rahman,
youssef yusuf joseph yousef josef, khaled khalid, hussein husain hossein, chukwuemeka emeka, oluwaseun seun, oluwatobi tobi,
oluwaseyi seyi, ngozi ngo, adebayo bayo ade, babatunde tunde baba, olufemi femi, chinedu nedu edu, nnamdi nna, folasade sade,
temitope temi tope, ifeoma ify oma, obinna obi
"""
"""Groups of first names that may stand for each other; a name can be in several."""

# ------------------------------------------------------------------------------------------------ bios

AT_WORDS = _listed("at @ w with for by bei beim für mit chez avec pour presso per con bij voor met hos på u w dla em na para en")
"""Words that may lead to an employer."""
OF_WORDS = _listed("of von vom der des du de del della dell van von af at")
"""Words that lead to an employer behind a job title."""
WORK_WORDS = _listed(
    """
    work works working worked employed employee staff member team joined build building ship shipping making currently today now
    arbeite arbeitet arbeiten angestellt tätig mitarbeiter mitarbeiterin travaille employé employée salarié trabajo trabaja
    trabajando
    empleado lavoro lavora dipendente werk werkt werkzaam medewerker trabalho pracuje pracuji jobbar arbejder
    """
)
FORMER_WORDS = _listed(
    """
    ex ex- former formerly previously prev previous past left alum alumni alumnus alumna retired until moved
    ehem ehemals ehemalig ehemalige ehemaliger früher vormals zuvor ancien ancienne anciennement précédemment passé antes antiguo
    anteriormente exempleado già precedentemente voorheen vroeger eerder oud tidigare tidligere dříve bývalý byly dawniej
    wcześniej
    """
)
"""Words that make the employer behind them a former one."""
AFTER_FORMER = _listed("at @ from of with by bei von der de du la da del chez en em na u w hos på ved vid employee member staff")
"""Words between one for the past and the employer."""
ONWARD = _listed("to now nach zu vers à a jetzt nun maintenant ahora ora nu joined")
"""Words that lead from a former employer to the present one."""
HEADS = _listed(
    """
    ceo founder cofounder co-founder owner president chairman chair member part team staff employee employees cto cfo coo cmo
    partner gründer gründerin inhaber inhaberin geschäftsführer geschäftsführerin mitglied teil
    fondateur fondatrice membre fundador fundadora miembro fondatore membro oprichter lid
    """
)
"""Job titles behind which a word for "of" surely leads to the employer."""
SURE_AT_WORDS = _listed("at bei beim chez presso bij hos @ w")
"""Words that lead to an employer whatever stands before them."""
NAME_LINKS = _listed("of de di von van der den the and und et du da del do dos das la le e y for") | {""}
"""Words that are small inside names."""
NO_END = _listed("of de di von the and und et du da del van")
"""Words with which no company's name ends."""
STOP_WORDS = _listed(
    """
    since for in on based and und et y e i to where who which that from as but speaking opinions opinion views view tweets
    team crew
    family i'm im my by at with @ seit seitdem depuis desde da dal sedan od ex now then also plus building making helping
    remote remotely fulltime part-time formerly previously
    """
)
"""Where a company's name ends."""
ROLES = _listed(
    """
    engineer developer dev architect analyst manager lead director head chief officer ceo cto cfo coo cmo cio ciso vp svp evp
    president
    founder cofounder co-founder owner partner consultant designer ops devops sre admin
    administrator scientist researcher lecturer professor teacher marketer recruiter recruiting hr
    procurement buyer purchasing accountant controller auditor counsel lawyer success specialist strategist
    coordinator assistant associate intern trainee technician editor writer journalist copywriter author evangelist advocate
    principal staff senior junior planner supervisor executive exec representative secretary clerk nurse doctor pharmacist
    full-stack fullstack qa tester pm po
    ingenieur ingenieurin entwickler entwicklerin leiter leiterin geschäftsführer geschäftsführerin inhaber gründer berater
    beraterin
    einkauf vertrieb projektleiter redakteur wissenschaftler werkstudent sachbearbeiter abteilungsleiter
    ingénieur ingénieure développeur développeuse directeur directrice responsable chef chargé chargée acheteur consultante
    fondateur
    ingeniero ingeniera desarrollador desarrolladora gerente jefe jefa director directora responsable fundador fundadora analista
    ingegnere sviluppatore sviluppatrice direttore direttrice responsabile fondatore fondatrice acquisti
    ontwikkelaar directeur hoofd inkoper oprichter adviseur beheerder desenvolvedor desenvolvedora diretor diretora gestor
    programista kierownik dyrektor vývojář ředitel vedoucí utvecklare chef ledare udvikler
    """
)
"""Words of job titles."""
FIELDS = _listed(
    "software data cloud security platform infrastructure frontend backend product project programme program operations "
    "marketing sales "
    "account finance legal support research design it content customer success human resources business development quality"
)
"""Words beside those in job titles, which companies have in their names too."""
ROLE_ENDS = (
    "manager",
    "ingenieur",
    "leiter",
    "leiterin",
    "entwickler",
    "engineer",
    "developer",
    "designer",
    "berater",
    "director",
)
