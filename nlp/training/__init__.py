"""Makes the model of the engine ``target``; a developer's tool, whose libraries (the extra ``training``) nothing else needs."""
