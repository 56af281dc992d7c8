"""The groups of words that the patterns of intents share: ``<we>`` in a pattern stands for one word of ``we``."""

from __future__ import annotations

GROUPS = {
    "not": "not n't nt never cannot cant hardly barely neither nor without nobody none no",
    "we": "i we team company office firm studio practice department agency lab clinic",
    "my": "my our the this",
    "aux": "have 've had has 'm am are 're is been just finally recently now already all both also since eventually happily",
    "surely": "would 'd can will 'll do highly strongly definitely really always totally heartily warmly fully absolutely "
    "certainly still also wholeheartedly thoroughly happily gladly personally honestly",
    "highly": "highly strongly definitely totally absolutely heartily would 100 %",
    "recommend": "recommend recommending",
    "using": "using trying the their getting both giving buying out",
    "it": "it them this these enough",
    "others": "all any anyone anybody everyone everybody others other friends people my our colleagues those every",
    "moved": "switched moved migrated converted transitioned ported transferred jumped hopped",
    "moving": "switching moving migrating converting transitioning porting",
    "move": "switched moved migrated converted transitioned switching moving migrating converting transitioning",
    "move-or-went": "switched moved migrated converted transitioned changed switching moving migrating went chose chosen ported",
    "dropped": "ditched dropped dumped left replaced abandoned traded swapped",
    "cancel": "cancel cancelling canceling cancelled canceled closed closing terminated terminating deleted deleting ended",
    "quit": "ditching ditched dumping dumped abandoning abandoned cancelling canceling cancelled canceled uninstalling "
    "uninstalled leaving left switching switched moving moved migrating cancel closed closing deleted deleting dropped "
    "terminated",
    "quit-base": "cancel leave ditch dump quit switch migrate delete abandon unsubscribe uninstall churn",
    "quitting": "cancelling canceling leaving ditching dumping dropping quitting switching moving migrating deleting closing "
    "abandoning unsubscribing",
    "gone": "out gone leaving cancelling canceling switching quitting",
    "undecided": "if might may could would should considering thinking consider regret regretting wish tempted almost nearly "
    "before",
    "contract": "subscription subscriptions account accounts plan contract membership license licence renewal",
    "breaks": "crashes crashed crashing freezes freezing froze glitches buggy glitchy unusable hangs",
    "fault": "error errors bug bugs outage outages glitch glitches downtime crash crashes",
    "trouble": "error errors bug bugs outage outages glitch glitches downtime crash crashes crashing freezing issue issues "
    "problem problems trouble",
    "kind-of-fault": "annoying nasty weird major serious same many strange login sync",
    "a-fault": "an another this the got getting many too keep constant annoying nasty seeing same weird major found reported a "
    "serious",
    "no": "no zero without fewer less never any fixed fix fixes fixing solved resolved squashed few n't not nt 0 if "
    "longer stopped",
    "do": "does do did is are was has have will wo ca can could would",
    "function": "work working load loading open opening sync syncing respond responding start starting connect save saving "
    "export import update login log send install upload download",
    "answer": "replied reply responded respond answered answer answers replies",
    "comparative": "better worse faster slower cheaper easier harder nicer simpler smoother cleaner safer stronger weaker "
    "pricier smarter clunkier richer lighter heavier quicker uglier superior inferior ahead friendlier more less prettier "
    "snappier",
    "be": "is 's are 're was were been be has feels felt looks looked seems 'm am remains gets got became becoming becomes "
    "sounds means",
    "very": "so very really truly such a an the absolutely totally just simply pretty quite still far too way honestly "
    "genuinely always extremely incredibly super utterly completely frankly becoming now been already all also plain dead "
    "bloody damn fucking ridiculously insanely stupidly basically all-round real my our being",
    "good": "great amazing awesome fantastic brilliant superb excellent wonderful lovely terrific outstanding perfect "
    "incredible phenomenal stellar magnificent flawless beautiful gorgeous delightful impressive stunning exceptional "
    "marvellous marvelous fab fabulous splendid ace top-notch",
    "fine": "great amazing awesome fantastic brilliant superb excellent wonderful lovely terrific outstanding perfect "
    "incredible phenomenal stellar magnificent flawless beautiful gorgeous delightful impressive stunning exceptional "
    "marvellous marvelous fab fabulous splendid ace good nice nicest best easy cool useful handy neat sleek elegant "
    "polished stable powerful top-notch fast quick intuitive solid reliable helpful "
    "slick smooth favourite favorite dependable painless friendly polite responsive seamless effortless clean",
    "joy": "joy pleasure delight breeze dream gem godsend lifesaver beauty charm winner lifeline bargain "
    "game-changer gamechanger marvel legend star hero champion",
    "thing": "tool tools app apps product products service software support team job work stuff program editor update release "
    "experience update company platform feature features design onboarding docs documentation interface ui customer help "
    "website site value attitude layout version system people staff",
    "pleased": "happy pleased impressed delighted thrilled grateful glad chuffed satisfied stoked thankful overjoyed",
    "cheer": "thanks thank kudos props congrats congratulations bravo cheers shoutout ty thx",
    "bad": "awful terrible horrible useless rubbish dreadful appalling atrocious pathetic disgusting disgraceful shameful "
    "ridiculous unacceptable outrageous abysmal hopeless horrendous shocking garbage lousy hideous "
    "infuriating laughable inexcusable diabolical shambolic rip-off ripoff scam extortionate insulting "
    "unprofessional embarrassing",
    "poor": "awful terrible horrible useless rubbish dreadful appalling atrocious pathetic disgusting disgraceful shameful "
    "ridiculous unacceptable outrageous abysmal hopeless horrendous shocking garbage lousy hideous "
    "infuriating laughable inexcusable diabolical shambolic rip-off ripoff scam extortionate insulting "
    "unprofessional embarrassing bad poor slow clunky bloated overpriced expensive confusing annoying frustrating buggy "
    "unusable unreliable rude unhelpful disappointing messy ugly sluggish slower worse pricey greedy laggy painful "
    "janky dishonest misleading greedy sloppy laughable "
    "liability unresponsive broken irritating tedious",
    "mess": "joke disgrace nightmare mess scam rip-off ripoff liability shambles disaster circus letdown headache farce "
    "robbery shame embarrassment pain insult crap trash shite",
    "angry": "disappointed unhappy frustrated annoyed appalled furious angry disgusted dissatisfied fed livid unimpressed "
    "irritated enraged gutted outraged",
    "period": "year years month months week weeks day days decade decades quarter quarters",
    "span": "hour hours minute minutes day days week weeks month months",
    "cut": "cut cuts halved halves reduced reduces slashed slashes shortened lowered shaved trimmed",
    "raise": "doubled tripled increased boosted improved quadrupled",
    "buy": "buy purchase order subscribe trial adopt try upgrade",
    "buying": "buying purchasing getting trying adopting evaluating trialling trialing piloting considering subscribing "
    "upgrading",
    "seats": "seat seats licence licences license licenses user users employees people subscriptions accounts members",
}
